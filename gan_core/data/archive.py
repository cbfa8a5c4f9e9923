"""A zip of pictures, read in memory: nothing is ever unpacked to disk."""

import zipfile
import zlib
from functools import partial
from pathlib import Path, PurePosixPath

from gan_core.data.collect import MAX_FILES, Entry, Listing, describe_listing, judge, load_listing, natural_key
from gan_core.data.decode import MAX_FILE_BYTES, Unreadable
from gan_core.data.labels import is_table
from gan_core.data.pictures import LoadOptions, PictureInfo, PictureSet, Skipped, Source, as_path
from gan_core.errors import StudioError

MAX_TOTAL_BYTES = 32 << 30  # of all members, unpacked
MAX_RATIO = 100  # unpacked / packed, over the whole zip; pictures are about 1
SMALL_TOTAL = 256 << 20  # below this no ratio is suspicious: flat BMPs pack very well
ENCRYPTED = 0x1  # flag bit of a member


def matches(spec: str) -> bool:
    path = as_path(spec)
    return path is not None and path.is_file() and (path.suffix.casefold() == ".zip" or zipfile.is_zipfile(path))


def describe(spec: str) -> PictureInfo:
    path = as_path(spec)
    with open_archive(path) as archive:
        return describe_listing(list_archive(archive, path))


def load(spec: str, options: LoadOptions) -> PictureSet:
    path = as_path(spec)
    with open_archive(path) as archive:
        return load_listing(list_archive(archive, path), options)


def open_archive(path: Path) -> zipfile.ZipFile:
    """Return the opened zip. Raises StudioError when it is none, is damaged or may not be read."""
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError):
        message = "{name} cannot be opened: the zip is damaged or was not fully copied. Make or copy it again."
        raise StudioError("data.bad_zip", message, name=path.name) from None
    except OSError as error:
        message = "{name} cannot be opened ({reason}). Check that you may read it."
        raise StudioError("data.cannot_open", message, name=str(path), reason=error.strerror or str(error)) from None


def list_archive(archive: zipfile.ZipFile, path: Path) -> Listing:
    """Return the pictures of a zip. Raises StudioError for zip bombs, passwords and too many members."""
    members = [member for member in archive.infolist() if not member.is_dir()]
    _check_bomb(members, path)
    entries, skipped, tables = [], [], []
    for member in members:
        name = member.filename.replace("\\", "/")  # as some Windows programs write it
        verdict = judge(name)
        if verdict is True:
            _check_password(member, path)
            verdict = _unsafe_name(name) or Entry(name, partial(read_member, archive, member))
        elif verdict is False and judge(PurePosixPath(name).name) is True:
            verdict = _unsafe_name(name)  # ../x.png looks hidden, yet is to be named
        if is_table(name) and not _unsafe_name(name) and not member.flag_bits & ENCRYPTED:
            tables.append(Entry(name, partial(read_member, archive, member)))
        if verdict:
            (entries if isinstance(verdict, Entry) else skipped).append(verdict)
    if len(entries) > MAX_FILES:
        message = "{name} holds more than {limit} pictures. Make a smaller zip."
        raise StudioError("data.too_many_zip", message, name=path.name, limit=MAX_FILES)
    entries.sort(key=lambda entry: natural_key(entry.name))
    return Listing(str(path), path.stem, tuple(entries), tuple(skipped), tuple(tables))


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Return a member's bytes, never more than MAX_FILE_BYTES whatever its header says. Raises Unreadable."""
    try:
        with archive.open(member) as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise Unreadable("damaged", "it is damaged inside the zip") from None
    except (NotImplementedError, RuntimeError):
        raise Unreadable("packing", "it is packed in a way that cannot be opened; make the zip again") from None
    if len(data) > MAX_FILE_BYTES:
        raise Unreadable("too_large", f"the file is over {MAX_FILE_BYTES >> 20} MB")
    return data


def _check_bomb(members: list[zipfile.ZipInfo], path: Path) -> None:
    total = sum(member.file_size for member in members)
    packed = max(1, path.stat().st_size)  # not the members' own claims, which may overlap
    if total > MAX_TOTAL_BYTES or (total > SMALL_TOTAL and total / packed > MAX_RATIO):
        raise StudioError(
            "data.zip_bomb",
            "{name} would unpack to {total} GB, which is not what a zip of pictures looks like, so it was not opened. "
            "Zip the pictures themselves, in smaller parts if there are very many.",
            name=path.name, total=round(total / 1e9, 1),
        )  # fmt: skip


def _check_password(member: zipfile.ZipInfo, path: Path) -> None:
    if member.flag_bits & ENCRYPTED:
        message = "{name} is locked with a password. Unpack it and choose the folder, or zip it without a password."
        raise StudioError("data.zip_password", message, name=path.name)


def _unsafe_name(name: str) -> Skipped | None:
    if ".." in PurePosixPath(name).parts or name.startswith("/") or name[1:2] == ":":
        return Skipped(name, "its name points outside the zip", "unsafe_name")
    return None


SOURCE = Source(lambda: "a .zip of pictures", matches, describe, load)
