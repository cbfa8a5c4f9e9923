"""Sending files to the Hub in one commit, with progress: all of them are published, or none."""

import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.utils import disable_progress_bars

from gan_core.errors import StudioError
from gan_core.hub import words
from gan_core.hub.ask import start
from gan_core.hub.facts import files
from gan_core.hub.names import Source

STALL = 90.0  # seconds without progress after which an upload is given up
PATIENCE = 60.0  # seconds for an upload that is to stop to do so
MESSAGE = "Published from Latent Studio"


def send(
    source: Source,
    sent: Sequence[tuple[str, Path]],
    parent: str,
    private: bool,
    progress: Callable[[int, int], None],
    gone: Sequence[str] = (),
) -> str:
    """Commit the files (name there, path here) on top of the commit `parent`, or to a new repository where it is ""; return the commit.

    gone: names of files there that are deleted in the same commit. What `progress` raises stops it. Raises StudioError "hub.…".
    """
    meter = Meter(sum(path.stat().st_size for _, path in sent))
    answer = start(source, _send, sent, gone, parent, private, meter)
    try:
        while not answer.done():
            progress(meter.done, meter.total)
            if time.monotonic() - meter.beat > STALL:
                raise words.upload_broken(source)
            time.sleep(0.05)
    except BaseException:
        meter.abandoned = True
        try:
            return answer.result(PATIENCE)  # a commit that had gone out already is published, and told as published
        except TimeoutError:
            pass
        raise
    commit = answer.result()
    progress(meter.total, meter.total)
    return commit


class Meter:
    """The bytes of an upload: counted by the threads that send, read by the one that waits, which may want them to stop."""

    def __init__(self, total: int):
        self.total, self.done, self.beat = total, 0, time.monotonic()
        self.uploading = self.abandoned = False

    def add(self, count: int) -> None:
        self.beat = time.monotonic()
        self.done = min(self.total, self.done + count)
        self.check()

    def check(self) -> None:
        if self.abandoned:
            raise StudioError("job.stopped", "Stopped.")


class MeteredFile(io.BufferedIOBase):
    """A file that says how far it was read once the upload began, and that breaks off when the upload is given up.

    It is open only while it is being read: a system allows a few hundred open files at once, and an upload may have more.
    """

    def __init__(self, path: Path, meter: Meter):
        self._path, self._size, self._meter = path, path.stat().st_size, meter
        self._file, self._at, self._furthest = None, 0, 0

    def read(self, size: int | None = -1) -> bytes:
        self._meter.check()
        if self._file is None:
            self._file = self._path.open("rb")
        self._file.seek(self._at)
        data = self._file.read(size)
        self._at += len(data)
        if self._meter.uploading and self._at > self._furthest:
            self._meter.add(self._at - self._furthest)
            self._furthest = self._at
        if self._at >= self._size:
            self._shut()
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._shut()
        super().close()

    def _shut(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _send(
    source: Source, sent: Sequence[tuple[str, Path]], gone: Sequence[str], parent: str, private: bool, meter: Meter
) -> str:
    disable_progress_bars()
    api = HfApi(endpoint=source.endpoint, token=source.token)
    try:
        if not parent:
            sdk = {"space_sdk": "gradio"} if source.kind == "space" else {}
            api.create_repo(source.repo_id, private=private, repo_type=source.kind, **sdk)
        try:
            return _commit(api, source, sent, gone, parent, meter)
        except BaseException:
            published = "" if parent else _take_back(api, source, {name for name, _ in sent})
            if published:
                return published
            raise
    except Exception as error:
        raise words.translate_upload(error, source) from None


def _commit(
    api: HfApi, source: Source, sent: Sequence[tuple[str, Path]], gone: Sequence[str], parent: str, meter: Meter
) -> str:
    opened = [MeteredFile(path, meter) for _, path in sent]
    try:
        operations = [
            CommitOperationAdd(name, content) for (name, _), content in zip(sent, opened, strict=True)
        ]  # reads each once, for its hash
        meter.uploading = True
        api.preupload_lfs_files(source.repo_id, operations, repo_type=source.kind, free_memory=False)
        meter.check()
        operations += [CommitOperationDelete(name) for name in gone]
        info = api.create_commit(
            source.repo_id, operations, commit_message=MESSAGE, parent_commit=parent or None, repo_type=source.kind
        )
        return info.oid
    finally:
        for content in opened:
            content.close()


def _take_back(api: HfApi, source: Source, sent: set[str]) -> str:
    """Delete the repository that this upload has just made, which holds nothing; return its commit where the files are there after all."""
    try:
        commit, there = files(source)
        if sent <= set(there):
            return commit  # it went through; only the answer was lost
        api.delete_repo(source.repo_id, repo_type=source.kind)
    except Exception:
        raise words.unsure(source) from None
    return ""
