import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_persian_ai.persian.direction import direction

PYTHON = "```python\nfor line in open('x'):\n    print(line.strip(), end='')\n```"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("سلام", "rtl"),
        ("hello", "ltr"),
        ("Qwen3 مدل خوبی است، نه؟", "rtl"),
        ("The word «سلام» means hello in Persian", "ltr"),
        (f"این کد را ببین:\n{PYTHON}", "rtl"),
        (f"Look at this:\n{PYTHON}\n# سلام", "ltr"),
        (f"{PYTHON}", "ltr"),
        ("`pip install transformers torch` را اجرا کن", "rtl"),
        ("``a ` b`` و باز هم ``c``", "rtl"),
        ("این https://example.org/a/b/c/d?e=f را باز کن", "rtl"),
        ("```\nیک کد بی‌پایان به فارسی", "ltr"),
        ("۱۲۳", "rtl"),
        ("123", "ltr"),
        ("؟", "rtl"),
        ("", "ltr"),
        ("🙂", "ltr"),
        ("שלום עולם", "rtl"),
        ("می‌شود fine-tune کرد", "rtl"),
        ("سلام hello", "rtl"),
        ("~~~\nlet us count words\n~~~\nسلام", "rtl"),
    ],
)
def test_by_words(text, expected):
    assert direction(text) == expected


@given(st.text())
def test_total(text):
    assert direction(text) in {"rtl", "ltr"}


@given(st.text(alphabet="`~\n سaA"))
def test_broken_fences_do_not_hang(text):
    assert direction(text * 50) in {"rtl", "ltr"}
