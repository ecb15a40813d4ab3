"""Personal data: found by its form and check digits, and nothing is left of it when masked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_persian_ai.datasets.personal import FINDERS, masked
from jupyter_persian_ai.persian.digits import to_persian
from jupyter_persian_ai.protocol.quality import PERSONAL, FindingCode

#: Numbers with right check digits that belong to nobody: made for this.
FOUND = {
    FindingCode.PHONE: [
        "09123456789", "0912 345 6789", "+98 912 345 6789", "0098-912-345-6789", "۰۹۱۲۳۴۵۶۷۸۹",
        "٠٩١٢٣٤٥٦٧٨٩", "021-88776655", "(021) 8877 6655", "+982188776655", "۰۵۱-۳۸۴۱۲۲۳۳",
        "+1 202 555 0123",
    ],
    FindingCode.NATIONAL_ID: ["0013542419", "001-354241-9", "۰۰۱۳۵۴۲۴۱۹", "0499370899"],
    FindingCode.CARD: ["6037991234567893", "6037-9912-3456-7893", "۶۰۳۷ ۹۹۱۲ ۳۴۵۶ ۷۸۹۳"],
    FindingCode.IBAN: ["IR820540102680020817909002", "IR82 0540 1026 8002 0817 9090 02",
                       "ir۸۲۰۵۴۰۱۰۲۶۸۰۰۲۰۸۱۷۹۰۹۰۰۲"],
    FindingCode.EMAIL: ["ali.rezai+news@example.co.ir", "a@b.ir", "A_1%x@mail-2.example.com"],
}  # fmt: skip
#: Numbers of everyday texts, and numbers whose check digits are wrong.
NOTHING = [
    "0013542418", "1111111111", "1234567890", "6037991234567894", "IR830540102680020817909002",
    "سال ۱۳۵۷-۱۴۰۴", "۱٬۲۳۴٬۵۶۷٬۸۹۰ ریال", "3.14159265358979", "شابک ۹۶۴۶۲۱۳۰۴۴",
    "ISBN: 0306406152", "0912345678", "091234567890", "a@b", "@user", "user@", "1700000000",
    "192.168.100.200", "2026-11-21 20:15:30.123456", "kernel-6.1.0-13-amd64",
]  # fmt: skip
CASES = [(code, text) for code, several in FOUND.items() for text in several]


def codes(text):
    return {code for code, finder in FINDERS.items() if any(finder(text))}


@pytest.mark.parametrize(("code", "text"), CASES)
def test_it_is_found_alone_and_in_a_sentence(code, text):
    for said in (text, f"شماره:{text}، و دیگر هیچ.", f"({text})"):
        spans = list(FINDERS[code](said))
        assert [said[start:end].strip("(") for start, end in spans] == [text.strip("(")]


@pytest.mark.parametrize("text", NOTHING)
def test_everyday_numbers_are_left_alone(text):
    for said in (text, to_persian(text), f"این {text} است"):
        assert codes(said) == set()


@pytest.mark.parametrize(("code", "text"), CASES)
@pytest.mark.parametrize("style", ["tag", "stars"])
def test_masked_it_cannot_be_read(code, text, style):
    said = f"اینجا {text} است"
    covered = masked(said, {code}, style)
    assert codes(covered) == set()
    if style == "tag":
        assert covered.replace("(", "") == f"اینجا [{code.value.upper()}] است"
    else:
        assert len(covered) == len(said)
        assert not any(one.isdigit() for one in covered)
    assert masked(said, set(PERSONAL) - {code}, style) == said or code is FindingCode.CARD


PIECES = st.sampled_from(
    [text for several in FOUND.values() for text in several]
    + [*"0123456789۰۵٩ -.@+()IRa\u200c", "09", "+98", "سلام ", "@x.ir", "IR"]
)


@given(st.lists(PIECES, max_size=12).map("".join), st.sampled_from(["tag", "stars"]))
def test_whatever_the_text_nothing_is_left_of_it(text, style):
    covered = masked(text, PERSONAL, style)
    assert codes(covered) == set()
    assert masked(covered, PERSONAL, style) == covered
    if codes(text) == set():
        assert covered == text
