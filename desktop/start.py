"""Start Latent Studio, and before its first start make an environment of its own: `python desktop/start.py`, or a double click on a starter.

Needs nothing but Python. What was interrupted is taken up again; a changed requirements.txt is installed anew.
"""

import contextlib
import hashlib
import locale
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OLDEST = (3, 11)
NEEDED = 4_000_000_000  # bytes free while installing, downloads included
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
INDEX_VARIABLE = "LATENT_STUDIO_TORCH_INDEX"  # names another place for PyTorch
STAMP = "latent-studio.txt"  # in a finished environment: what it was made of
SAYINGS = {
    "old": (
        "Latent Studio needs Python 3.11 or newer, and this is {version}. Get a newer one from python.org, then start again.",
        "潜空间工作室需要 Python 3.11 或更新版本，现在的是 {version}。请到 python.org 安装新版本，然后重新启动。",
    ),
    "once": (
        "Latent Studio prepares itself. This happens once and takes some minutes; you may stop it and go on later.",
        "潜空间工作室正在做准备。只需一次，要几分钟；可以随时中断，下次接着来。",
    ),
    "space": (
        "There are only {free:.1f} GB free in {folder}; {needed:.0f} GB are needed. Free some space, then start again.",
        "{folder} 只剩 {free:.1f} GB 可用空间，需要 {needed:.0f} GB。请腾出空间后重新启动。",
    ),
    "environment": ("1 of 3: making an environment in {folder}", "第 1 步，共 3 步：在 {folder} 中建立环境"),
    "no_venv": (
        "Python could not make an environment. On Debian or Ubuntu, run: sudo apt install python3-venv. Then start again.",
        "Python 无法建立环境。在 Debian 或 Ubuntu 上请运行：sudo apt install python3-venv，然后重新启动。",
    ),
    "torch": ("2 of 3: fetching PyTorch for this computer ({kind})", "第 2 步，共 3 步：下载适合这台电脑的 PyTorch（{kind}）"),
    "rest": ("3 of 3: fetching all else", "第 3 步，共 3 步：下载其余部分"),
    "elsewhere": ("  not to be had there; trying the usual place", "  那里下载不到，改从常用的地方下载"),
    "cpu": ("processor", "处理器"),
    "gpu": ("graphics card", "显卡"),
    "failed": (
        "That did not work; the last lines are above, all of them in {log}. Check the network and start again: it goes on from here.",
        "没有成功；最后几行见上，完整记录在 {log}。请检查网络后重新启动，会从这里继续。",
    ),
    "busy": ("It is being prepared in another window already; waiting for that…", "另一个窗口正在做准备，请稍候……"),
    "ready": ("Ready. Starting…", "准备好了，正在启动……"),
    "menu": ("Latent Studio is in your applications now: {file}", "潜空间工作室已加入应用程序菜单：{file}"),
}  # fmt: skip


class Failure(Exception):
    """Ends the start with a sentence."""


def main(arguments: list[str]) -> int:
    """Prepare where that is needed, then start app.py in a window of its own; return the exit status."""
    try:
        if sys.version_info < OLDEST:
            raise Failure(say("old", version=platform.python_version()))
        if "--menu" in arguments and sys.platform.startswith("linux"):
            print(say("menu", file=add_to_menu()))
            return 0
        folder = home()
        with alone(folder):
            if not ready(folder):
                prepare(folder)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    command = [str(program(folder)), str(ROOT / "app.py"), "--app", *arguments]
    if os.name == "posix":
        os.execv(command[0], command)
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is for the app, which says what becomes of a training
        return subprocess.call(command)
    return 130


def home() -> Path:
    """Return the folder of the environment: in the project where that can be written to, else among the person's own data."""
    if os.access(ROOT, os.W_OK):
        return ROOT / ".venv-app"
    if os.name == "nt":
        data = Path(os.environ.get("LOCALAPPDATA") or Path.home())
    elif sys.platform == "darwin":
        data = Path.home() / "Library" / "Application Support"
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return data / "latent-studio" / "venv-app"


def program(folder: Path) -> Path:
    """Return the Python of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def made_of() -> str:
    """Return what a finished environment notes: a digest of what is to be installed, and the Python it is for."""
    wanted = hashlib.sha256((ROOT / "requirements.txt").read_bytes()).hexdigest()
    return f"{wanted} python {sys.version_info[0]}.{sys.version_info[1]}\n"


def ready(folder: Path) -> bool:
    """Whether an environment is finished, is what is wanted now, and runs."""
    try:
        return (folder / STAMP).read_text() == made_of() and works(folder)
    except OSError:
        return False


def works(folder: Path) -> bool:
    """Whether an environment's Python runs: not after the one it was made of was removed."""
    try:
        return subprocess.run([program(folder), "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


def prepare(folder: Path) -> None:
    """Make or complete an environment. Raises Failure with a sentence when that is impossible."""
    print(say("once"), flush=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder.parent).free
    if free < NEEDED and not works(folder):
        raise Failure(say("space", free=free / 1e9, folder=folder.parent, needed=NEEDED / 1e9))
    (folder / STAMP).unlink(missing_ok=True)
    print(say("environment", folder=folder), flush=True)
    if not works(folder) or subprocess.run([program(folder), "-m", "pip", "--version"], capture_output=True).returncode:
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", folder], capture_output=True, text=True)
        if made.returncode:
            print(made.stdout + made.stderr, file=sys.stderr)
            raise Failure(say("no_venv"))
    install_torch(folder)
    print(say("rest"), flush=True)
    if not pip(folder, "-r", str(ROOT / "requirements.txt")):
        raise Failure(say("failed", log=folder / "setup.log"))
    (folder / STAMP).write_text(made_of())
    print(say("ready"), flush=True)


def install_torch(folder: Path) -> None:
    """Install PyTorch: the small one for processors where there is no graphics card that it could use."""
    wanted = re.search(r"^torch\S*", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)[0]
    card = sys.platform == "darwin" or has_nvidia()
    print(say("torch", kind=say("gpu" if card else "cpu")), flush=True)
    index = os.environ.get(INDEX_VARIABLE) or (None if card else CPU_INDEX)
    if index and pip(folder, wanted, "--index-url", index, "--retries", "1", show=False):
        return
    if index:
        print(say("elsewhere"), flush=True)
    if not pip(folder, wanted):
        raise Failure(say("failed", log=folder / "setup.log"))


def has_nvidia() -> bool:
    """Whether a driver for an NVIDIA card answers."""
    try:
        return subprocess.run(["nvidia-smi", "-L"], capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def pip(folder: Path, *arguments: str, show: bool = True) -> bool:
    """Install something, telling what is fetched; return whether it worked. `show`: print the last lines where it did not."""
    command = [
        program(folder),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
        *arguments,
    ]
    last: list[str] = []
    with open(folder / "setup.log", "a", encoding="utf-8") as log, subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace"
    ) as running:  # fmt: skip
        for line in running.stdout:
            log.write(line)
            last = [*last[-4:], line.rstrip()]
            fetched = re.match(r"\s*Downloading (?:\S*/)?([\w.]+)-\S+ \(([^)]+)\)", line)
            if fetched:
                print(f"  {fetched[1]} ({fetched[2]})", flush=True)
    if running.returncode and show:
        print("\n".join(last), file=sys.stderr)
    return running.returncode == 0


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep a second start waiting while the first one prepares the environment."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_name(f"{folder.name}.lock"), "w") as file:
        hold(file)
        yield


def hold(file) -> None:
    """Lock a file until it is closed, saying so where another process has it."""
    if os.name == "nt":
        import msvcrt

        while True:  # each try takes ten seconds
            with contextlib.suppress(OSError):
                return msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            print(say("busy"), flush=True)
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print(say("busy"), flush=True)
        fcntl.flock(file, fcntl.LOCK_EX)
    return None


def add_to_menu() -> Path:
    """Write an entry for a Linux desktop's applications; return its file."""
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    file = data / "applications" / "latent-studio.desktop"
    file.parent.mkdir(parents=True, exist_ok=True)
    starter = str(ROOT / "desktop" / "start-linux.sh").translate(
        str.maketrans({"\\": r"\\\\", '"': r"\"", "$": r"\\$", "`": r"\\`"})
    )
    icon = ROOT / "gan_core" / "ui" / "icons" / "icon-512.png"
    file.write_text(
        "[Desktop Entry]\nType=Application\nName=Latent Studio\nName[zh_CN]=潜空间工作室\n"
        f'Exec="{starter}"\nIcon={icon}\nTerminal=true\nCategories=Graphics;Education;\n',
        encoding="utf-8",
    )
    return file


def say(key: str, **facts) -> str:
    """Return a sentence in the language of this computer."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LANG") or (locale.getlocale()[0] or "")
    return SAYINGS[key][spoken.lower().startswith(("zh", "chinese"))].format(**facts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
