"""What can go wrong between here and the Hub, in sentences."""

import errno

import httpx2
from huggingface_hub import constants, errors

from gan_core.errors import StudioError
from gan_core.files import FULL
from gan_core.hub.names import Source


def offline(source: Source) -> StudioError:
    """The Hub cannot be reached at all."""
    if source.kind == "dataset":
        return StudioError(
            "hub.data_offline",
            "{host} cannot be reached. Check the internet connection, or use pictures that are already on this computer.",
            host=source.endpoint.partition("://")[2] or source.endpoint,
        )
    if source.kind == "space":
        return StudioError(
            "hub.space_offline",
            "{host} cannot be reached. Check the internet connection; --dry-run needs none.",
            host=source.endpoint.partition("://")[2] or source.endpoint,
        )
    return StudioError(
        "hub.offline",
        "{host} cannot be reached. Check the internet connection, or open a model that is already on this computer.",
        host=source.endpoint.partition("://")[2] or source.endpoint,
    )


def unavailable() -> StudioError:
    """Something answers, but it is of no use."""
    return StudioError("hub.unavailable", "The Hugging Face Hub gave no usable answer. Try again in a few minutes.")


def not_ours(source: Source) -> StudioError:
    """The repository holds no model folder of ours."""
    return StudioError(
        "hub.not_ours",
        "{repo} is not a Latent Studio model: those have a config.json of ours and a model.safetensors. Files such as .pkl, .pt "
        "and .bin are never loaded from the Hub.",
        repo=source.repo_id,
    )


def broken_off(source: Source) -> StudioError:
    """A file came incomplete, or as something else than announced."""
    return StudioError("hub.broken_off", "The download of {repo} broke off. Try again.", repo=source.repo_id)


def disk_full(source: Source) -> StudioError:
    """There is no room in the cache."""
    return StudioError(
        "hub.disk_full", "The disk is too full to download {repo}. Free some space and try again.", repo=source.repo_id
    )


def too_large(source: Source, name: str, size: int, most: int) -> StudioError:
    """A file is larger than anything we would load."""
    return StudioError(
        "hub.too_large", "{repo} has a {name} of {size} MB; at most {most} MB can be loaded.", repo=source.repo_id, name=name,
        size=-(-size // 1_000_000), most=most // 1_000_000,
    )  # fmt: skip


def no_write(repo: str) -> StudioError:
    """The token may read only, or not write there."""
    return StudioError(
        "hub.read_only", "This access token may not write to {repo}. Make one with the role “write” in your Hub settings.", repo=repo
    )  # fmt: skip


def upload_broken(source: Source) -> StudioError:
    """The network went away in the middle."""
    return StudioError(
        "hub.upload_broken", "The connection to the Hub broke off. Nothing of {repo} was published; try again.", repo=source.repo_id
    )  # fmt: skip


def unsure(source: Source) -> StudioError:
    """Nobody can be asked whether a commit went through."""
    return StudioError(
        "hub.unsure", "The connection to the Hub broke off, and whether {repo} was published cannot be told. Look at {page}.",
        repo=source.repo_id, page=source.page,
    )  # fmt: skip


def translate_upload(error: Exception, source: Source) -> BaseException:
    """Return the StudioError for an error of the Hub's client while it publishes."""
    while type(error) is RuntimeError and isinstance(error.__cause__, Exception):
        error = error.__cause__  # the client's "while uploading …"
    if isinstance(error, errors.HfHubHTTPError):
        return _from_upload(error, source)
    if isinstance(error, (httpx2.TransportError, errors.OfflineModeIsEnabled, ConnectionError)):
        return upload_broken(source)
    if isinstance(error, ValueError) and not isinstance(error, StudioError):
        return _refused(source, str(error))  # of the card's front matter, or of a large file
    return translate(error, source)


def _refused(source: Source, why: str) -> StudioError:
    why = (" ".join(why.split())[:300] or "?").rstrip(".") + "."
    return StudioError("hub.upload_refused", "The Hub refused {repo}: {why}", repo=source.repo_id, why=why)


def _from_upload(error: errors.HfHubHTTPError, source: Source) -> StudioError:
    status, why = error.response.status_code, error.server_message or ""
    if status == 401 and not isinstance(error, errors.RepositoryNotFoundError):
        return StudioError(
            "hub.unauthorised", "The Hub does not accept this access token. Copy it again from your Hub settings."
        )
    if status == 403 or isinstance(error, errors.RepositoryNotFoundError):
        return no_write(source.repo_id)
    if status == 409 and "/repos/create" in str(error.response.url):
        return StudioError("hub.name_taken", "There is a {repo} already. Choose another name.", repo=source.repo_id)
    if status in (409, 412):
        return StudioError(
            "hub.moved",
            "Somebody else has just changed {repo}. Look at it again before it goes up.",
            repo=source.repo_id,
        )
    if status == 413:
        return StudioError("hub.upload_large", "A file of {repo} is larger than the Hub takes.", repo=source.repo_id)
    return unavailable() if status in (429, *range(500, 600)) else _refused(source, why or f"HTTP {status}")


def translate(error: BaseException, source: Source) -> BaseException:
    """Return the StudioError for an error of the Hub's client; an error of another kind as it is."""
    if isinstance(error, errors.LocalEntryNotFoundError) and error.__cause__ is not None:
        error = error.__cause__  # the client's "not in the cache either"
    if isinstance(error, StudioError):
        return error
    if isinstance(error, errors.HfHubHTTPError):
        return _from_answer(error, source)
    if isinstance(
        error,
        (httpx2.ConnectError, httpx2.TimeoutException, errors.OfflineModeIsEnabled, errors.LocalEntryNotFoundError),
    ):
        return offline(source)
    if isinstance(error, httpx2.TransportError) or (
        isinstance(error, OSError) and str(error).startswith("Consistency check")
    ):
        return broken_off(source)
    if isinstance(error, OSError) and error.errno in FULL:
        return disk_full(source)
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StudioError("hub.cache", "The download folder {folder} cannot be written. Set HF_HOME to one that can.",
                           folder=str(source.cache_dir))  # fmt: skip
    if isinstance(
        error,
        (
            httpx2.HTTPError,
            httpx2.InvalidURL,
            errors.FileMetadataError,
            ValueError,
            KeyError,
            TypeError,
            AssertionError,
        ),
    ):
        return unavailable()  # not the Hub's format: a captive portal, a proxy, a wrong HF_ENDPOINT
    return error


def _from_answer(error: errors.HfHubHTTPError, source: Source) -> StudioError:
    """Return the sentence for an error that the Hub itself answered."""
    page, status, data = source.page, error.response.status_code, source.kind == "dataset"
    if isinstance(error, errors.GatedRepoError) and data:
        return StudioError(
            "hub.data_gated",
            "{repo} is open only to people who accepted its terms. Accept them at {page}, then log in on this computer: hf auth login",
            repo=source.repo_id, page=page,
        )  # fmt: skip
    if isinstance(error, errors.GatedRepoError):
        return StudioError(
            "hub.gated",
            "{repo} is open only to people who accepted its terms. Accept them at {page}, then give an access token here.",
            repo=source.repo_id, page=page,
        )  # fmt: skip
    if isinstance(error, errors.RevisionNotFoundError):
        return StudioError(
            "hub.revision_not_found", "{repo} has no revision “{revision}”. Look for it at {page}, or leave it out.",
            repo=source.repo_id, revision=source.revision or constants.DEFAULT_REVISION, page=page,
        )  # fmt: skip
    if isinstance(error, errors.EntryNotFoundError):
        return broken_off(source) if data else not_ours(source)
    refused = status in (401, 403) and not isinstance(error, errors.RepositoryNotFoundError)
    if refused and source.token:
        return StudioError(
            "hub.unauthorised", "The Hub does not accept this access token. Copy it again from your Hub settings."
        )
    if isinstance(error, errors.RepositoryNotFoundError) and source.token:
        return StudioError("hub.private", "There is no {repo} that this access token may read. Check the name and whose token it is.",
                           repo=source.repo_id)  # fmt: skip
    if data and (refused or isinstance(error, errors.RepositoryNotFoundError)):
        return StudioError(
            "hub.no_data",
            "There is no public data set {repo} on the Hub. Check the name; if it is private, log in on this computer: hf auth login",
            repo=source.repo_id,
        )  # fmt: skip
    if refused or isinstance(error, errors.RepositoryNotFoundError):
        return StudioError(
            "hub.not_found", "There is no public model {repo} on the Hub. Check the name; if it is private, give an access token.",
            repo=source.repo_id,
        )  # fmt: skip
    return unavailable()
