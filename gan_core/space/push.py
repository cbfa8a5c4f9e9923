"""From the files here to a Space on the Hub: what would change first, then one commit with exactly that."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from huggingface_hub import HfApi

from gan_core.errors import StudioError
from gan_core.hub import account, upload
from gan_core.hub.ask import ask, start
from gan_core.hub.names import Source, resolve_source
from gan_core.hub.publish import File, compared, there_already
from gan_core.space.contents import LIST, Contents


@dataclass(frozen=True)
class Change:
    """What a push would do. parent: the commit it builds on, "" for a new Space; gone: files an earlier push put there and that are no
    longer needed; kept: files of the Space that are somebody else's doing and stay.
    """

    source: Source
    parent: str
    files: tuple[File, ...]
    gone: tuple[str, ...]
    kept: tuple[str, ...]

    @property
    def sent(self) -> tuple[File, ...]:
        """The files that are not there as they are here."""
        return tuple(file for file in self.files if file.state != "same")


def space(text: str) -> Source:
    """The Space that a person's words name: user/name or the address of its page. Raises StudioError "space.name"."""
    name = re.sub(r"^(https?://[^/]+/)?spaces/", "", text.strip())
    try:
        source = resolve_source(name, None, None, None, None)
    except StudioError:
        source = None
    if source is None or source.revision:
        raise StudioError("space.name", "“{text}” is not the name of a Space. Write user/name.", text=text[:100])
    return replace(source, kind="space")


def compare(contents: Contents, source: Source) -> Change:
    """What a push would change. Raises StudioError "hub.…": nobody logged in, a name that is not theirs, no Hub."""
    try:
        account.check_writer(source.repo_id)
    except StudioError as error:
        raise (upload.words.offline(source) if error.code == "hub.offline" else error) from None
    parent, there = there_already(source)
    files = tuple(compared(name, path, there) for name, path in contents.files.items())
    others = set(there) - set(contents.files) - {".gitattributes"}  # which the Hub itself wrote
    gone = others & _put_before(source, parent) if LIST in there else set()
    return Change(source, parent, files, tuple(sorted(gone)), tuple(sorted(others - gone)))


def push(
    change: Change, private: bool = False, hardware: str = "", progress: Callable[[int, int], None] | None = None
) -> str:
    """Make the Space where it is new, send the change in one commit and return the commit; then ask for the hardware, if any is named.

    private counts for a new Space only. progress(done, total) gets bytes. Raises StudioError "hub.…"; then nothing has changed.
    """
    commit = change.parent
    if change.sent or change.gone:
        sent = [(file.name, file.path) for file in change.sent]
        commit = upload.send(
            change.source, sent, change.parent, private, progress or (lambda done, total: None), change.gone
        )
    if hardware:
        start(change.source, _request, hardware).result()
    return commit


def _request(source: Source, hardware: str) -> None:
    try:
        HfApi(endpoint=source.endpoint, token=source.token).request_space_hardware(source.repo_id, hardware)
    except Exception as error:
        raise upload.words.translate_upload(error, source) from None


def _put_before(source: Source, commit: str) -> set[str]:
    """The names that the last push wrote down."""
    told = ask(source, f"/spaces/{source.repo_id}/resolve/{commit}/{LIST}").body
    return set(told.decode(errors="replace").splitlines())
