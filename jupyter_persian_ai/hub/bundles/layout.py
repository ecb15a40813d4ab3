"""Where every byte of a bundle's stream lies: headers, contents, padding, parts.

Pure arithmetic over a manifest: from it follow the bytes of all that is not content. Headers are
POSIX ustar; sizes from 8 GiB on are in the base-256 form that GNU, BSD and Python read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .manifest import MANIFEST, MAX_PARTS, SUMS, Manifest

BLOCK = 512
END = bytes(2 * BLOCK)
_OCTAL_LIMIT = 8**11


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of what follows the lead: `fixed` bytes, or the content of file `index`."""

    start: int
    length: int
    index: int = -1
    fixed: bytes = b""

    @property
    def end(self) -> int:
        """The byte after it."""
        return self.start + self.length


def header(root: str, name: str, size: int, seconds: int) -> bytes:
    """The 512 bytes before a regular file `root/name`."""
    octal = size < _OCTAL_LIMIT
    size_field = b"%011o\x00" % size if octal else b"\x80" + size.to_bytes(11, "big")
    block = b"".join(
        (
            name.encode().ljust(100, b"\x00"),
            b"0000644\x00" + b"0000000\x00" * 2,  # mode, owner, group
            size_field,
            b"%011o\x00" % seconds,
            b" " * 8,  # the checksum, counted as spaces
            b"0" + bytes(100),  # a regular file, no link
            b"ustar\x0000" + bytes(64),  # no names of owner and group
            b"0000000\x00" * 2,  # no device
            root.encode().ljust(155, b"\x00") + bytes(12),
        )
    )
    return block[:148] + b"%06o\x00 " % sum(block) + block[156:]


def padded(content: bytes) -> bytes:
    """`content`, filled up to whole blocks."""
    return content + bytes(-len(content) % BLOCK)


def lead(manifest: Manifest) -> bytes:
    """The beginning of the stream: the manifest and the sums, with their headers."""
    written = b""
    for name, content in ((MANIFEST, manifest.text()), (SUMS, manifest.sums)):
        written += header(manifest.root, name, len(content), manifest.seconds) + padded(content)
    return written


def spans(root: str, seconds: int, files: list[tuple[str, int]]) -> list[Span]:
    """All that follows the lead, in order and without a gap; `files` are names and sizes."""
    found: list[Span] = []
    place = 0

    def add(length: int, *, index: int = -1, fixed: bytes = b"") -> None:
        nonlocal place
        if length:
            found.append(Span(place, length, index, fixed))
            place += length

    for index, (name, size) in enumerate(files):
        add(BLOCK, fixed=header(root, name, size, seconds))
        add(size, index=index)
        fill = -size % BLOCK
        add(fill, fixed=bytes(fill))
    add(len(END), fixed=END)
    return found


def spans_of(manifest: Manifest) -> list[Span]:
    """`spans` of a manifest's files."""
    files = [(file.name, file.bytes) for file in manifest.files]
    return spans(manifest.root, manifest.seconds, files)


def total(files: list[tuple[str, int]]) -> int:
    """How many bytes follow the lead."""
    return sum(BLOCK + size + -size % BLOCK for _, size in files) + len(END)


def cuts(length: int, part_bytes: int) -> list[int]:
    """The sizes of the parts of what follows the lead; none when it is not cut."""
    if not part_bytes:
        return []
    whole, rest = divmod(length, part_bytes)
    return [part_bytes] * whole + ([rest] if rest else [])


def part_names(root: str, count: int) -> list[str]:
    """The names of `count` cut parts, with that of the lead before them; uncut: the one name."""
    if not count:
        return [f"{root}.tar"]
    width = 3 if count <= 999 else len(str(MAX_PARTS))
    return [f"{root}.tar.{number:0{width}}" for number in range(count + 1)]


def fields(block: bytes) -> dict[str, Any] | None:
    """Name, root and size of a header; None when it is none of ours."""
    if len(block) != BLOCK or block[257:265] != b"ustar\x0000":
        return None
    size, seconds = block[124:135], block[136:147]
    if not (size.isdigit() and seconds.isdigit()):
        return None
    try:
        name = block[:100].rstrip(b"\x00").decode()
        root = block[345:500].rstrip(b"\x00").decode()
        numbers = {"size": int(size, 8), "seconds": int(seconds, 8)}
    except ValueError:
        return None
    return {"name": name, "root": root} | numbers
