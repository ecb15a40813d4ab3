"""Tokenised data: made once, kept in a memory-mapped cache, cut into segments when it is used.

The cache is keyed by all that its bytes depend on (data, tokenizer, template, normaliser, kind of
encoding) and by nothing else: batch size, sequence length and seed may change and find it again.
A *segment* is one document, exchange or labelled text (or a window of a long document). Must not
know what is learned from it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetEmpty
from . import durable
from .world import here

Row = dict[str, Any]
Pool = Literal["first", "last"]

#: Changes when the files below or the meaning of an encoding do.
_FORMAT = 1
_ROWS_AT_ONCE = 1000
#: The cache of a data root may grow to this; the least recently used goes first.
CACHE_BYTES = 32 * 2**30
_TOKENS, _OFFSETS, _META = "tokens.bin", "offsets.npy", "meta.json"
#: Optional arrays, one value a token.
_PER_TOKEN: dict[str, np.dtype[Any]] = {
    "scored": np.dtype(np.uint8),
    "tags": np.dtype(np.int16),
    "kinds": np.dtype(np.uint8),
}


@dataclass(slots=True)
class Encoded:
    """Up to a thousand rows as tokens.

    `ids` uint32 [n] holds all rows end to end, `lengths` int64 [rows] the tokens of each. Of one
    value a token, where the encoding has them: `scored` (1 where the loss looks at the token as a
    target), `tags` (class of the token, -1 for none), `kinds` (token type of a pair). `labels`
    int32 [rows] is the class of each row. A row without tokens is one that was left out.
    """

    ids: NDArray[np.uint32]
    lengths: NDArray[np.int64]
    scored: NDArray[np.uint8] | None = None
    tags: NDArray[np.int16] | None = None
    kinds: NDArray[np.uint8] | None = None
    labels: NDArray[np.int32] | None = None


@dataclass(frozen=True, slots=True)
class Corpus:
    """Segments over tokens on disk.

    `tokens` uint32 [n], mapped from disk; `starts` and `stops` int64 [segments], half-open ranges
    of tokens; `rows` int64 [segments], the dataset row that each comes from; `shift` is 1 where a
    position's target is the next token (language) and 0 where it is a class. `scored`, `tags`,
    `kinds` as in `Encoded`; `labels` int32 [segments]. Rows that left nothing to learn are counted
    in `dropped`. Consecutive segments of one row stay together `together` at a time. A label is
    read off the `last` or the `first` position of its segment, as `pool` says.
    """

    tokens: NDArray[np.uint32]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    rows: NDArray[np.int64]
    shift: int = 1
    scored: NDArray[np.uint8] | None = None
    tags: NDArray[np.int16] | None = None
    kinds: NDArray[np.uint8] | None = None
    labels: NDArray[np.int32] | None = None
    dropped: int = 0
    together: int = 1
    pool: Pool = "last"

    def __len__(self) -> int:
        """Segments."""
        return len(self.starts)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Input positions of each segment."""
        return self.stops - self.starts - self.shift

    @property
    def positions(self) -> int:
        """Input positions of all segments: the tokens that an epoch reads."""
        return int(self.lengths.sum())


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a canonical `rows.jsonl`."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def cache_key(**parts: Any) -> str:
    """Name of a cache folder: a hash of everything that its content depends on."""
    text = json.dumps({"format": _FORMAT, **parts}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def tokenized(
    cache: Path,
    key: str,
    rows: Iterator[Row],
    encode: Callable[[list[Row]], Encoded],
    *,
    name: str,
    tick: Callable[[int], None],
) -> tuple[Path, bool]:
    """The cache folder of `key`, made now unless it is there; and whether it was there.

    Args:
        cache: root of the token cache.
        key: of `cache_key`.
        rows: canonical rows; read only when the tokens must be made.
        encode: up to a thousand rows to tokens.
        name: of the dataset, for errors.
        tick: called with the number of rows read so far; may raise to stop.

    Raises:
        DatasetEmpty: when no row leaves a token.
        DiskFull: nothing of it stays.

    """
    folder = cache / key
    with here().leader_first():
        if _whole(folder):
            os.utime(folder)
            return folder, True
        with durable.staged(folder) as staging:
            _write(staging, rows, encode, name=name, tick=tick)
        _evict(cache, keep=folder)
        return folder, False


def _whole(folder: Path) -> bool:
    """Whether a cache folder has every byte it says; its files appeared in one rename."""
    try:
        sizes = json.loads((folder / _META).read_text(encoding="utf-8"))["bytes"]
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError, AttributeError):
        return False


def _write(
    folder: Path,
    rows: Iterator[Row],
    encode: Callable[[list[Row]], Encoded],
    *,
    name: str,
    tick: Callable[[int], None],
) -> None:
    lengths: list[NDArray[np.int64]] = []
    labels: list[NDArray[np.int32]] = []
    extra: dict[str, Any] = {}
    read = 0
    try:
        with (folder / _TOKENS).open("wb") as sink:
            while chunk := list(islice(rows, _ROWS_AT_ONCE)):
                encoded = encode(chunk)
                sink.write(np.ascontiguousarray(encoded.ids, dtype=np.uint32).data)
                lengths.append(encoded.lengths)
                if encoded.labels is not None:
                    labels.append(encoded.labels)
                for kind, dtype in _PER_TOKEN.items():
                    values = getattr(encoded, kind)
                    if values is not None:
                        if kind not in extra:
                            extra[kind] = (folder / f"{kind}.bin").open("wb")
                        extra[kind].write(np.ascontiguousarray(values, dtype=dtype).data)
                read += len(chunk)
                tick(read)
    finally:
        for handle in extra.values():
            handle.close()
    every = np.concatenate([np.zeros(1, np.int64), *lengths])
    if not every.any():
        raise DatasetEmpty(name=name, rows=read)
    np.save(folder / _OFFSETS, np.cumsum(every))
    if labels:
        np.save(folder / "labels.npy", np.concatenate(labels))
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    (folder / _META).write_text(json.dumps({"rows": read, "bytes": sizes}), encoding="utf-8")


def _evict(cache: Path, keep: Path) -> None:
    """Remove the least recently used until the cache fits.

    A mapped file lives until its reader ends, so a run that uses one is not disturbed.
    """
    folders = sorted(
        (path for path in cache.iterdir() if path.is_dir() and not path.name.startswith(".")),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    total = 0
    for folder in folders:
        total += durable.folder_bytes(folder)
        if total > CACHE_BYTES and folder != keep:
            shutil.rmtree(folder, ignore_errors=True)


def load_corpus(
    folder: Path,
    *,
    name: str,
    longest: int,
    split_long: bool = False,
    shift: int = 1,
    together: int = 1,
    pool: Pool = "last",
) -> Corpus:
    """Segments over the tokens of a cache folder.

    Args:
        folder: of `tokenized`.
        name: of the dataset, for errors.
        longest: input positions of the longest segment.
        split_long: whether a longer row becomes several segments (raw text), overlapping by
            `shift` so that each token is predicted once, or is cut at its end.
        shift: see `Corpus`.
        together: see `Corpus`; the rows of the cache are then parts of rows of the dataset.
        pool: see `Corpus`.

    Raises:
        DatasetEmpty: when nothing is left to learn from.

    """
    offsets = np.load(folder / _OFFSETS)
    tokens = np.memmap(folder / _TOKENS, dtype=np.uint32, mode="r")
    arrays: dict[str, Any] = {}
    for kind, dtype in _PER_TOKEN.items():
        path = folder / f"{kind}.bin"
        if path.exists():
            arrays[kind] = np.memmap(path, dtype=dtype, mode="r")
    labels = np.load(folder / "labels.npy") if (folder / "labels.npy").exists() else None
    starts, stops, rows = _cut(offsets, longest, split_long=split_long, shift=shift)
    kept = _teaches(starts, stops, shift, arrays)
    if together > 1:  # a pair with one half left out is no pair
        kept = np.repeat(kept.reshape(-1, together).all(axis=1), together)
    dropped = len(offsets) - 1 - len(np.unique(rows[kept]))
    starts, stops, rows = starts[kept], stops[kept], rows[kept]
    if not len(starts):
        raise DatasetEmpty(name=name, rows=len(offsets) - 1)
    return Corpus(
        tokens=tokens,
        starts=starts,
        stops=stops,
        rows=rows // together,
        shift=shift,
        labels=None if labels is None else labels[rows],
        dropped=dropped // together,
        together=together,
        pool=pool,
        **arrays,
    )


def _cut(
    offsets: NDArray[np.int64], longest: int, *, split_long: bool, shift: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Starts, stops and rows of segments of at most `longest` positions."""
    begin, end = offsets[:-1], offsets[1:]
    rows = np.arange(len(begin), dtype=np.int64)
    if not split_long:
        return begin, np.minimum(end, begin + longest + shift), rows
    pieces = np.maximum(1, -(-(end - begin - shift) // longest))
    rows = np.repeat(rows, pieces)
    within = np.arange(len(rows), dtype=np.int64) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    starts = begin[rows] + within * longest
    return starts, np.minimum(end[rows], starts + longest + shift), rows


def _teaches(
    starts: NDArray[np.int64], stops: NDArray[np.int64], shift: int, arrays: dict[str, Any]
) -> NDArray[np.bool_]:
    """Which segments hold something to learn."""
    kept = stops - starts > shift
    marks = arrays.get("scored")
    if marks is None and "tags" in arrays:
        marks = arrays["tags"] >= 0
    if marks is not None:
        sums = np.concatenate([np.zeros(1, np.int64), np.cumsum(marks, dtype=np.int64)])
        # The first token of a segment is nobody's target where targets are the next token.
        kept &= sums[stops] - sums[np.minimum(starts + shift, stops)] > 0
    return np.asarray(kept)
