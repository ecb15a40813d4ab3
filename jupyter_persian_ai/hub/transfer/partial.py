"""A file that is still arriving: its bytes, which of them are there, and who may write.

On disk, beside the folder of finished files: a folder `<etag>.<owner>.partial` with `data` (full
length, sparse), `map` (one byte a block: missing, written, or synced) and `about.json`. The map is
mapped into memory, so that marking a block costs nothing and outlives the process that is killed;
after a power cut only what was synced counts.

One writer only, whatever locks do: a leftover is taken over by renaming its folder, which only
one process can do, and only when its owner is proven dead. One whose owner is merely silent is
copied instead: the owner may wake up and go on writing into what was its own.
"""

from __future__ import annotations

import json
import mmap
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...paths import sync_folder
from . import owner

BLOCK = 4096
SUFFIX = ".partial"
#: An owner that has not touched its map for so long is taken for gone.
SILENT_SECONDS = 60.0
_WRITTEN, _SYNCED = b"\x01", b"\x02"
_FORGET_WRITTEN = bytes.maketrans(_WRITTEN, b"\x00")
_COPY = 1 << 20


class Lost(Exception):
    """The partial was removed, or belongs to another process now."""


class Busy(Exception):
    """Another process is fetching this very file."""


class Partial:
    """The partial of one file, owned by this process. Made by `acquire`."""

    def __init__(self, folder: Path, etag: str, size: int) -> None:
        self.folder = folder
        self.etag = etag
        self.size = size
        self._data = os.open(folder / "data", os.O_RDWR | getattr(os, "O_BINARY", 0))
        self._inode = os.fstat(self._data).st_ino
        self._place = threading.Lock()
        self._syncing = threading.Lock()
        with (folder / "map").open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)
        self._blocks = -(-size // BLOCK)
        self._unsynced = 0

    def write(self, offset: int, content: bytes | memoryview) -> None:
        """Put `content` at `offset`; it counts once it is marked."""
        view = memoryview(content)
        while view:
            done = self._write_some(offset, view)
            offset += done
            view = view[done:]

    def _write_some(self, offset: int, view: memoryview) -> int:
        if hasattr(os, "pwrite"):
            return os.pwrite(self._data, view, offset)
        with self._place:
            os.lseek(self._data, offset, os.SEEK_SET)
            return os.write(self._data, view)

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes at `offset`."""
        if hasattr(os, "pread"):
            return os.pread(self._data, length, offset)
        with self._place:
            os.lseek(self._data, offset, os.SEEK_SET)
            return os.read(self._data, length)

    def mark(self, begin: int, end: int) -> None:
        """Every block that lies wholly in `begin..end` has been written."""
        first = -(-begin // BLOCK)
        last = self._blocks if end >= self.size else end // BLOCK
        if last > first:
            self._map[first:last] = _WRITTEN * (last - first)
            self._unsynced += (last - first) * BLOCK

    @property
    def unsynced(self) -> int:
        """Bytes marked since the last `sync`, about."""
        return self._unsynced

    def missing(self) -> list[tuple[int, int]]:
        """The ranges that are not there, in order; whole blocks."""
        content = bytes(self._map[: self._blocks])
        return [
            (first * BLOCK, min(last * BLOCK, self.size)) for first, last in _zero_runs(content)
        ]

    def written(self) -> int:
        """Bytes that are there."""
        return self.size - sum(end - begin for begin, end in self.missing())

    def sync(self) -> None:
        """Make what is marked survive a power cut."""
        with self._syncing:
            before = bytes(self._map)
            self._unsynced = 0
            getattr(os, "fdatasync", os.fsync)(self._data)
            # Only blocks marked before the sync: more may have been written meanwhile.
            for first, last in _runs(before, 1):
                self._map[first:last] = _SYNCED * (last - first)
            self._map.flush()

    def beat(self) -> None:
        """Tell others that the owner lives.

        Raises:
            Lost: the partial is no longer this process's.

        """
        try:
            same = (self.folder / "data").stat().st_ino == self._inode
            os.utime(self.folder / "map")
        except OSError:
            same = False
        if not same:
            raise Lost(self.folder.name)

    def forget(self) -> None:
        """Begin anew: nothing of it is there."""
        with self._syncing:
            self._map[:] = bytes(len(self._map))

    def complete(self, target: Path) -> None:
        """Rename the verified file into place, durably, and end the partial.

        Raises:
            Lost: the partial is no longer this process's.

        """
        self.beat()
        os.fsync(self._data)
        self.close()
        try:
            (self.folder / "data").replace(target)
        except FileNotFoundError:
            raise Lost(self.folder.name) from None
        with suppress(OSError):  # not every file system knows how
            sync_folder(target.parent)
        shutil.rmtree(self.folder, ignore_errors=True)

    def discard(self) -> None:
        """Remove it."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def release(self) -> None:
        """Leave it to whoever comes next, this process included; of nothing, nothing is left."""
        if not self.written():
            self.discard()
            return
        self.close()
        with suppress(OSError):
            self.folder.rename(_folder(self.folder.parent, self.etag, owner.released()))

    def close(self) -> None:
        """Let go of the files and leave them."""
        with self._syncing:
            if self._data >= 0:
                os.close(self._data)
                self._data = -1
                self._map.close()


def acquire(root: Path, etag: str, size: int) -> Partial:
    """The partial of a file for this process: the fullest leftover, or a new one.

    Raises:
        Busy: a living process has one.

    """
    mine = _folder(root, etag, owner.this_process())
    silent: list[Path] = []
    left: list[Path] = []
    for folder, who in _partials(root, etag):
        if who.surely_dead:
            left.append(folder)
        elif time.time() - _touched(folder) < SILENT_SECONDS:
            raise Busy(folder.name)
        else:
            silent.append(folder)
    left.sort(key=_count, reverse=True)
    for folder in left:
        if _take_over(folder, mine, etag, size):
            break
    else:
        _make(mine, etag, size, max(silent, key=_count, default=None))
    # A silent owner that wakes up finds its folder gone and ends: see `beat`.
    for folder in left + silent:
        remove(folder)
    partial = Partial(mine, etag, size)
    # Two may have begun at the same moment: the lower name goes on. Were both to go on, each
    # would write to its own folder.
    for folder, who in _partials(root, etag):
        if folder.name < mine.name and not who.surely_dead:
            partial.release()
            raise Busy(folder.name)
    return partial


def _folder(root: Path, etag: str, who: owner.Owner) -> Path:
    return root / f"{etag}.{who.name}{SUFFIX}"


def partials_of(blobs: Path) -> Path:
    """Where the partials of a folder of blobs lie: apart, because there may be many blobs."""
    return blobs.parent / "partials"


def left_bytes(root: Path) -> dict[str, int]:
    """Bytes that leftovers hold already, about, by etag."""
    left: dict[str, int] = {}
    for folder, _ in _partials(root, None):
        etag = folder.name.split(".", 1)[0]
        left[etag] = max(left.get(etag, 0), _count(folder))
    return left


def sweep(root: Path, *, older_than: float = float("inf"), etags: set[str] | None = None) -> int:
    """Remove partials that nobody alive owns; how many.

    Those last written before `older_than` (seconds since the epoch), of `etags` only if given.
    Partials that another machine may still write are kept until they have been silent.
    """
    removed = 0
    for folder, who in _partials(root, None):
        touched = _touched(folder)
        gone = who.surely_dead or time.time() - touched > SILENT_SECONDS
        wanted = etags is None or folder.name.split(".", 1)[0] in etags
        if gone and wanted and touched < older_than:
            remove(folder)
            removed += 1
    return removed


def remove(folder: Path) -> None:
    """Remove a partial's folder, whatever state it is in."""
    shutil.rmtree(folder, ignore_errors=True)


def _partials(root: Path, etag: str | None) -> Iterator[tuple[Path, owner.Owner]]:
    with suppress(FileNotFoundError):
        for folder in sorted(root.iterdir()):
            if not folder.name.endswith(SUFFIX):
                continue
            named, _, rest = folder.name.removesuffix(SUFFIX).partition(".")
            who = owner.parse(rest)
            if who is not None and etag in (None, named):
                yield folder, who


def _touched(folder: Path) -> float:
    for place in (folder / "map", folder):
        with suppress(OSError):
            return place.stat().st_mtime
    return 0.0


def _count(folder: Path) -> int:
    try:
        content = (folder / "map").read_bytes()
    except OSError:
        return 0
    return (len(content) - content.count(0)) * BLOCK


def _make(folder: Path, etag: str, size: int, source: Path | None) -> None:
    """A new partial, with what is sound of `source`."""
    folder.mkdir(mode=0o700, parents=True)
    with (folder / "data").open("xb") as data:
        data.truncate(size)
    blocks = bytearray(max(1, -(-size // BLOCK)))
    if source is not None and (known := _sound(source, etag, size)) is not None:
        _copy(source, folder, known, size)
        blocks[:] = known.replace(_SYNCED, _WRITTEN)
    (folder / "map").write_bytes(blocks)
    _describe(folder, etag, size)


def _describe(folder: Path, etag: str, size: int) -> None:
    about = {"etag": etag, "size": size, "block": BLOCK, "boot": owner.boot()}
    draft = folder / "about.new"
    draft.write_text(json.dumps(about), "ascii")
    draft.replace(folder / "about.json")


def _take_over(folder: Path, mine: Path, etag: str, size: int) -> bool:
    try:
        folder.rename(mine)
    except OSError:
        return False  # another process was first
    known = _sound(mine, etag, size)
    if known is None:
        remove(mine)
        return False
    (mine / "map").write_bytes(known)
    _describe(mine, etag, size)
    os.utime(mine / "map")
    return True


def _sound(folder: Path, etag: str, size: int) -> bytes | None:
    """The map of a leftover of this very file, as far as it can be trusted; else None."""
    try:
        about: Any = json.loads((folder / "about.json").read_bytes())
        known = (folder / "map").read_bytes()
        length = (folder / "data").stat().st_size
    except (OSError, ValueError):
        return None
    right = {"etag": etag, "size": size, "block": BLOCK}
    if not isinstance(about, dict) or {name: about.get(name) for name in right} != right:
        return None
    if length != size or len(known) != max(1, -(-size // BLOCK)) or max(known) > 2:
        return None
    # Of another boot: what had not been synced may never have reached the disk.
    return known if about.get("boot") == owner.boot() else known.translate(_FORGET_WRITTEN)


def _copy(source: Path, folder: Path, known: bytes, size: int) -> None:
    with (source / "data").open("rb") as reading, (folder / "data").open("r+b") as writing:
        for first, last in _runs(known, 2, 1):
            reading.seek(first * BLOCK)
            writing.seek(first * BLOCK)
            left = min(last * BLOCK, size) - first * BLOCK
            while left > 0 and (piece := reading.read(min(left, _COPY))):
                writing.write(piece)
                left -= len(piece)


def _zero_runs(content: bytes) -> Iterator[tuple[int, int]]:
    return _runs(content, 0)


def _runs(content: bytes, *values: int) -> Iterator[tuple[int, int]]:
    """First and behind-last positions of runs of any of `values`."""
    wanted = bytes(1 if value in values else 0 for value in range(256))
    mask = content.translate(wanted)
    place = mask.find(1)
    while place >= 0:
        end = mask.find(0, place)
        end = len(mask) if end < 0 else end
        yield place, end
        place = mask.find(1, end)
