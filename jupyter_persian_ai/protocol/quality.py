"""What is found in the rows of a dataset, and what is known of the whole."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, get_args

from pydantic import Field

from .base import Note, Wire
from .data import DatasetShape, Row


class FindingCode(StrEnum):
    """Something about a kept row that a user may want to mend.

    The order is the bit of each code in `rows.flags` (uint32 a row): append only.
    """

    DUPLICATE = "duplicate"  # an earlier row is the same
    NEAR_DUPLICATE = "near_duplicate"  # an earlier row is almost the same
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    WRONG_LANGUAGE = "wrong_language"  # mostly not in Persian letters
    MIXED_SCRIPTS = "mixed_scripts"  # a word of letters of two scripts
    BROKEN_HALF_SPACE = "broken_half_space"  # beside a space, doubled, at an edge, or missing
    ARABIC_LETTERS = "arabic_letters"  # ي and ك and their like
    PRESENTATION_FORMS = "presentation_forms"
    INVISIBLE = "invisible"  # controls of direction, zero-width marks other than half-spaces
    HTML = "html"  # tags and entities
    REPEATED = "repeated"  # one letter, word or line over and over
    EMAIL = "email"
    PHONE = "phone"
    NATIONAL_ID = "national_id"
    CARD = "card"
    IBAN = "iban"
    LEAK = "leak"  # also in the data that it was compared with


#: Personal data: what can be covered.
PersonalCode = Literal[
    FindingCode.EMAIL,
    FindingCode.PHONE,
    FindingCode.NATIONAL_ID,
    FindingCode.CARD,
    FindingCode.IBAN,
]
PERSONAL: tuple[FindingCode, ...] = get_args(PersonalCode)


class Finding(Wire):
    """One place in one row. Offsets count characters of the text of `field`."""

    code: FindingCode
    field: str = Field(description="a field, or messages.3.content, tokens.7")
    start: int
    end: int
    text: str = Field(description="what stands there, at most 120 characters")


class FindingCount(Wire):
    """How many rows have a finding."""

    code: FindingCode
    rows: int
    title: Note
    help: Note
    mend: Note = Field(description="what to do, and which step does it")
    samples: list[int] = Field(description="numbers of the first rows that have it, from 0")


class Histogram(Wire):
    """Counts of values between edges: `edges` has one more value than `counts`."""

    edges: list[float]
    counts: list[int]
    median: float = 0.0
    p95: float = 0.0


class WordCount(Wire):
    """A word and how often it comes."""

    word: str
    count: int


class DatasetAnalysis(Wire):
    """`GET datasets/{id}/stats`: what is known of one version."""

    shape: DatasetShape
    rows: int
    bytes: int
    characters: int
    words: int
    half_spaces: int
    persian_share: float
    sentences: int = 0
    vocabulary: int = Field(description="different words")
    vocabulary_exact: bool = Field(
        default=True, description="false where there were too many to count each"
    )
    words_most: list[WordCount] = Field(description="the 50 most frequent")
    lengths: Histogram = Field(description="words a row")
    characters_a_row: Histogram
    turns: int = 0
    labels: dict[str, int] = Field(default_factory=dict)
    findings: list[FindingCount] = Field(default_factory=list, description="only what was found")
    near_duplicates_known: bool = Field(
        default=False, description="whether near-duplicates were looked for"
    )


class Fertility(Wire):
    """What one installed tokenizer makes of a version, from a sample of its rows."""

    model_id: str
    model_name: str
    sampled_rows: int
    tokens_per_word: float
    characters_per_token: float
    unknown_tokens: int
    packed_tokens: int = Field(description="of the whole version, scaled up from the sample")
    lost: list[str] = Field(description="characters that do not survive a round trip, by frequency")
    lost_count: int = Field(description="how many characters of the sample were lost")
    half_spaces_kept: bool


class RowDetail(Wire):
    """`GET datasets/{id}/rows/{number}`."""

    number: int = Field(description="from 0")
    row: Row
    findings: list[Finding]


class LeakPair(Wire):
    """A row here and its like there; numbers from 0."""

    row: int
    other: int
    exact: bool
    text: str
    other_text: str


class Leakage(Wire):
    """`POST datasets/{id}/leakage`: rows here that are also in the other data."""

    rows: int
    other_rows: int
    exact: int
    near: int
    pairs: list[LeakPair] = Field(description="the first 100")
