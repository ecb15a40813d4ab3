"""Finds out how bytes become text, and says where they do not.

Encodings, in this order: the one that the user names; a byte order mark (UTF-8, UTF-16,
UTF-32); UTF-8; and, only when the bytes are not UTF-8, a guess that must be windows-1256, the
encoding of old Persian files. The guess is said in the report. Must not open files.
"""

from __future__ import annotations

import codecs
import re

from ..errors import DatasetBinary, DatasetEncoding, InvalidField

GUESS_BYTES = 1 << 18

#: Encodings that may be named. Not Python's whole list: it holds codecs that are no charsets.
ENCODINGS = frozenset(
    {
        "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le",
        "utf-32-be", "cp1256", "iso8859-6", "cp720", "cp864", "mac-farsi", "mac-arabic", "ascii",
        "iso8859-1", "cp1252",
    }
)  # fmt: skip
GUESSED = "cp1256"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SHOWN = {"utf-8-sig": "utf-8", "cp1256": "windows-1256"}
_PERSIAN = re.compile("[\u0621-\u064a\u067e\u0686\u0698\u06a9\u06af\u06cc]")
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_NO_JOINERS = bytes.maketrans(b"\x9d\x9e", b"  ")
#: What windows-1256 has to win against before it is believed.
_RIVALS = [
    "cp1256", "cp1252", "cp1254", "cp1250", "cp1251", "cp1253", "cp1255", "koi8_r", "latin_1",
    "iso8859_6", "gb18030", "big5", "shift_jis", "euc_kr",
]  # fmt: skip


class OtherEncodingError(Exception):
    """The file turned out to be in windows-1256 after rows of it were read as UTF-8.

    Not for users: whoever reads the file begins it again with the other encoding.
    """

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.file = file


class Decoder:
    """Bytes to text, block by block, with the place of the first byte that is none.

    `name` is for messages. A byte order mark is taken away.
    """

    def __init__(self, name: str, codec: str) -> None:
        self.name = name
        self.codec = codec
        self.line = 1
        self.offset = 0
        self._decode = codecs.getincrementaldecoder(codec)()
        self._width = next(
            (size for wide, size in (("16", 2), ("32", 4)) if f"-{wide}" in codec), 1
        )

    def feed(self, block: bytes, *, final: bool = False) -> str:
        """The text of the next block; `final` with the last one.

        Raises:
            DatasetBinary: it holds a NUL character.
            DatasetEncoding: it is not in the encoding.

        """
        if self._width == 1 and (where := block.find(b"\x00")) >= 0:
            raise DatasetBinary(name=self.name, offset=self.offset + where)
        pending = len(self._decode.getstate()[0])
        try:
            text = self._decode.decode(block, final=final)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(self.codec, errors="ignore")
            raise DatasetEncoding(
                name=self.name,
                encoding=shown(self.codec),
                line=self.line + before.count("\n"),
                offset=self.offset - pending + error.start,
            ) from error
        if self._width > 1 and (where := text.find("\x00")) >= 0:
            raise DatasetBinary(name=self.name, offset=self.offset + where * self._width)
        self.line += text.count("\n")
        self.offset += len(block)
        return text


def shown(codec: str) -> str:
    """The encoding as a user knows it."""
    return _SHOWN.get(codec, codec)


def named(encoding: str) -> str:
    """The codec that a user names.

    Raises:
        InvalidField: it is not one that we read.

    """
    try:
        codec = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        codec = ""
    if codec not in ENCODINGS:
        raise InvalidField(
            field="encoding",
            reason=f"unknown encoding {encoding[:40]!r}",
            reason_fa=f"کدگذاری ناشناخته {encoding[:40]!r}",
        )
    # A named UTF-8 may still begin with a mark, which is no text.
    return "utf-8-sig" if codec == "utf-8" else codec


def marked(head: bytes) -> str | None:
    """The codec that a byte order mark tells, if one is there."""
    return next((codec for mark, codec in _MARKS if head.startswith(mark)), None)


def looks_like_windows_1256(sample: bytes) -> bool:
    """Whether `sample`, from around the first fault, is Persian or Arabic in windows-1256."""
    # Only Persian files need it, and loading it takes longer than reading a small file.
    import charset_normalizer  # noqa: PLC0415

    high = sum(byte >= 0x80 for byte in sample)
    # Mostly good UTF-8 with a damaged place is damaged UTF-8, not another encoding: decoding it
    # as windows-1256, which has a letter for every byte, would turn the whole text to rubbish.
    if sum(map(len, _MULTIBYTE.findall(sample))) > high // 2:
        return False
    # The detector takes half-spaces (0x9D, 0x9E) for rubbish, and Persian is full of them.
    best = charset_normalizer.from_bytes(sample.translate(_NO_JOINERS), cp_isolation=_RIVALS).best()
    if best is None or best.encoding != GUESSED:
        return False
    letters = sum(map(str.isalpha, text := sample.decode(GUESSED)))
    return len(_PERSIAN.findall(text)) * 2 > letters
