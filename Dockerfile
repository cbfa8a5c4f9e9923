# Latent Studio on a machine of one's own: `docker build -t latent-studio .`; with a GPU: `docker build --build-arg TORCH=cuda -t latent-studio .`
FROM python:3.11-slim

# cpu: PyTorch without CUDA, a much smaller download; cuda: as PyPI has it, CUDA inside (the host needs NVIDIA's driver and container toolkit)
ARG TORCH=cpu

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /app
COPY requirements.txt ./
RUN case "$TORCH" in \
      cpu) pip install --extra-index-url https://download.pytorch.org/whl/cpu -r requirements.txt ;; \
      cuda) pip install -r requirements.txt ;; \
      *) echo "TORCH is cpu or cuda, not $TORCH" >&2; exit 1 ;; \
    esac

# nobody needs to be root; what is kept lies in /data, which outlives the container
RUN useradd --create-home --uid 1000 studio \
    && mkdir -p /data/runs /data/imported /data/hub \
    && chown -R studio:studio /data
COPY . ./
USER 1000
VOLUME /data

ENV GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    HF_HOME=/data/hub \
    LATENT_STUDIO_CONTAINER=1
EXPOSE 7860

# SIGTERM lets a training save what it has learned: give it time with `docker run --stop-timeout 40`
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:7860/health', timeout=4)"]
CMD ["python", "app.py", "--runs", "/data/runs", "--imported", "/data/imported"]
