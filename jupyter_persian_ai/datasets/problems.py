"""Rows that cannot be kept: what was wrong, where, in both languages.

A bad row never ends an import; it is counted, and the first `SHOWN` of them are reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ..persian.digits import to_persian
from ..protocol.data import DatasetProblemLine
from .json_words import in_persian

SHOWN = 100
SAMPLE_CHARACTERS = 120
FIELD_CHARACTERS = 120
WHAT_CHARACTERS = 200
FILE_CHARACTERS = 200
#: Lines of `problems.jsonl`; more are only counted.
KEPT = 1_000_000
PROBLEMS = "problems.jsonl"

#: code to the sentences in English and Persian; `{what}` is filled by the finder.
SENTENCES: dict[str, tuple[str, str]] = {
    "bad_json": ("Not valid JSON: {what}", "JSON درستی نیست: {what}"),
    "bad_csv": ("Not a valid row: {what}", "سطر درستی نیست: {what}"),
    "nesting": ("Nested too deeply.", "بیش از اندازه تودرتو است."),
    "not_an_object": (
        "Not an object with fields, but {what}.",
        "شیئی با فیلد نیست، بلکه {what} است.",
    ),
    "other_fields": (
        "The fields of this file make no rows of the same kind: {what}.",
        "فیلدهای این فایل سطرهایی از همان گونه نمی‌سازد: {what}.",
    ),
    "member_link": (
        "A link in the archive is not followed: {what}.",
        "پیوند درون بایگانی دنبال نمی‌شود: {what}.",
    ),
    "member_special": (
        "A device or pipe in the archive is not opened: {what}.",
        "دستگاه یا لولهٔ درون بایگانی باز نمی‌شود: {what}.",
    ),
    "member_encrypted": (
        "It is behind a password: {what}. Make the archive without one.",
        "زیر گذرواژه است: {what}. بایگانی را بی‌گذرواژه بسازید.",
    ),
    "member_method": (
        "It is packed in a way that is not read: {what}.",
        "به شیوه‌ای بسته شده که خوانده نمی‌شود: {what}.",
    ),
    "member_path": (
        "Its name leads out of the archive: {what}.",
        "نامش به بیرون از بایگانی می‌رود: {what}.",
    ),
    "member_twice": (
        "The archive holds another file of this name: {what}.",
        "بایگانی فایل دیگری با همین نام دارد: {what}.",
    ),
    "member_nested": (
        "An archive in an archive is not read: {what}. Bring it by itself.",
        "بایگانی درون بایگانی خوانده نمی‌شود: {what}. آن را جدا بیاورید.",
    ),
    "member_type": (
        "It is not of a kind that holds rows: {what}.",
        "از گونه‌ای نیست که سطر داشته باشد: {what}.",
    ),
    "cell_error": (
        "A cell holds an error instead of a value: {what}.",
        "خانه‌ای به‌جای مقدار خطا دارد: {what}.",
    ),
    "cell_formula": (
        "A formula was never worked out: {what}. Open and save the workbook once in Excel.",
        "فرمولی هرگز محاسبه نشده است: {what}. کارپوشه را یک‌بار در Excel باز و ذخیره کنید.",
    ),
    "ragged": (
        "The row does not have as many cells as the header: {what}.",
        "شمار خانه‌های سطر با سرستون نمی‌خواند: {what}.",
    ),
    "missing_field": ("The field “{what}” is missing.", "فیلد «{what}» نیست."),
    "not_text": ("The field “{what}” is not text.", "فیلد «{what}» متن نیست."),
    "empty": ("There is no text in “{what}”.", "در «{what}» متنی نیست."),
    "control": (
        "The text holds a NUL character.",
        "متن نویسهٔ تهی (NUL) دارد.",
    ),
    "surrogate": (
        "The text holds half of a character ({what}).",
        "متن نیمی از یک نویسه ({what}) دارد.",
    ),
    "no_label": (
        "There is no label in “{what}”. Write one, or leave the row out.",
        "در «{what}» برچسبی نیست. آن را بنویسید، یا سطر را بردارید.",
    ),
    "not_a_label": (
        "“{what}” is neither a short text nor a whole number, so it names no class.",
        "«{what}» نه متنی کوتاه است و نه عددی درست، پس نام رده‌ای نیست.",
    ),
    "long_label": (
        "“{what}” is too long for a label. Choose the column that holds the class.",
        "«{what}» برای برچسب بلند است. ستونی را برگزینید که رده در آن است.",
    ),
    "not_turns": (
        "“{what}” is not a list of turns, each with role and content.",
        "«{what}» فهرستی از نوبت‌ها نیست که هر یک role و content داشته باشد.",
    ),
    "no_turns": (
        "The conversation in “{what}” has no turn of a user or an assistant.",
        "گفت‌وگوی «{what}» نوبتی از کاربر یا دستیار ندارد.",
    ),
    "bad_turn": (
        "Turn {place} has no role. Give each turn a role and a content (or from and value).",
        "نوبت {place} نقش ندارد. به هر نوبت role و content (یا from و value) بدهید.",
    ),
    "bad_role": (
        "Turn {place} has the unknown role “{what}”. Known are system, user and assistant.",
        "نقش نوبت {place} ناشناخته است: «{what}». نقش‌ها system، user و assistant است.",
    ),
    "late_system": (
        "Turn {place} is a system turn. There can be one, and it comes first.",
        "نوبت {place} از system است. چنین نوبتی تنها یکی و در آغاز می‌آید.",
    ),
    "answer_first": (
        "The assistant speaks first (turn {place}). Put the user's turn before it, or drop it.",
        "دستیار آغازگر است (نوبت {place}). نوبت کاربر را پیش از آن بیاورید، یا آن را بردارید.",
    ),
    "turn_order": (
        "Turn {place} is by the same one as the turn before it (“{what}”). Join the two.",
        "نوبت {place} از همان کسی است که نوبت پیش از آن («{what}»). آن دو را یکی کنید.",
    ),
    "no_answer": (
        "The assistant says nothing in “{what}”, so there is nothing to learn.",
        "در «{what}» دستیار چیزی نمی‌گوید، پس چیزی برای آموختن نیست.",
    ),
    "not_words": (
        "“{what}” is neither a list of strings nor a text split by spaces.",
        "«{what}» نه فهرستی از رشته‌هاست و نه متنی که با فاصله جدا شده باشد.",
    ),
    "tags_length": (
        "There are not as many tags as words: “{what}”. Each word needs one tag.",
        "شمار برچسب‌ها با شمار واژه‌ها نمی‌خواند: «{what}». هر واژه یک برچسب می‌خواهد.",
    ),
    "bad_tag": (
        "“{what}” at word {place} is no BIO tag. Write O, B-… or I-…, by name, not by number.",
        "«{what}» در واژهٔ {place} برچسب BIO نیست. با نام بنویسید، نه شماره: O، B-… یا I-…",
    ),
    "broken_tag": (
        "The tag of word {place} continues nothing (“{what}”). Begin a name with B-.",
        "برچسب واژهٔ {place} دنبالهٔ چیزی نیست («{what}»). هر نام را با B- آغاز کنید.",
    ),
    "no_prompt": (
        "There is no prompt in “{what}”, nor a turn of the user before the answers.",
        "در «{what}» پرسشی نیست و پیش از پاسخ‌ها هم نوبتی از کاربر نیامده است.",
    ),
    "no_last_answer": (
        "“{what}” does not end with a turn of the assistant.",
        "«{what}» با نوبت دستیار پایان نمی‌یابد.",
    ),
    "different_prompts": (
        "The two answers follow different conversations; only the last turn may differ.",
        "دو پاسخ در پی دو گفت‌وگوی متفاوت آمده‌اند؛ تنها نوبت آخر باید فرق کند.",
    ),
    "same_answers": (
        "The chosen and the rejected answer are the same.",
        "پاسخ برگزیده و پاسخ ردشده یکی است.",
    ),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One row that was not kept.

    `line` counts from 1 in the file, `place` from 1 in a list of turns or words (0: none).
    """

    line: int
    code: str
    what: str = ""
    sample: str = ""
    field: str = ""
    place: int = 0
    file: str = ""

    def within(self, file: str, lines: int = 0) -> Problem:
        """The same in `file`, `lines` further on; its sample is cut to what is shown."""
        return replace(
            self, file=file, line=self.line + lines, sample=self.sample[: SAMPLE_CHARACTERS + 1]
        )

    def over(self, sample: str) -> Problem:
        """The same with another sample."""
        return replace(self, sample=sample)

    def shown(self) -> DatasetProblemLine:
        """As it goes over the wire."""
        english, persian = SENTENCES[self.code]
        what = storable(self.what[:WHAT_CHARACTERS])
        return DatasetProblemLine(
            line=self.line,
            file=storable(self.file[:FILE_CHARACTERS]),
            code=self.code,
            message=english.format(what=what, place=self.place),
            message_fa=persian.format(
                what=in_persian(what) if self.code == "bad_json" else what,
                place=to_persian(str(self.place)),
            ),
            field=storable(self.field[:FIELD_CHARACTERS]),
            sample=storable(self.sample[:SAMPLE_CHARACTERS]),
        )


def storable(text: str) -> str:
    """`text` without what databases and UTF-8 cannot hold: U+0000 and lone surrogates."""
    return text.replace("\x00", "␀").encode(errors="replace").decode()


@dataclass(slots=True)
class Problems:
    """The first problems and the count of all; `write` gets each as a line of `problems.jsonl`."""

    write: Callable[[bytes], None] = lambda _: None
    count: int = 0
    first: list[Problem] = field(default_factory=list)

    def add(self, problem: Problem) -> None:
        """Count one."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(problem)
        if self.count <= KEPT:
            self.write(problem.shown().model_dump_json().encode() + b"\n")
