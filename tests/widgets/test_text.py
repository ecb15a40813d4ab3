"""`pai.normalise` and `pai.trace`: without a service, and shown as they read."""

from __future__ import annotations

import subprocess
import sys

import pytest

import jupyter_persian_ai as pai
from jupyter_persian_ai import errors
from jupyter_persian_ai.protocol.normaliser import NormaliserRecipe

MESSY = "كتابي   كه مي خواهم"
TIDY = "کتابی که می‌خواهم"


def test_one_text_and_several() -> None:
    assert pai.normalise(MESSY) == TIDY
    assert pai.normalise([MESSY, "۱۲"], digits="latin") == [TIDY, "12"]
    kept = NormaliserRecipe(half_spaces=False)
    assert pai.normalise(MESSY, kept) == "کتابی که می خواهم"
    assert pai.normalise(MESSY, kept, letters=False).startswith("كتابي")


def test_they_are_shown_as_they_read() -> None:
    assert repr(pai.normalise(MESSY)) == TIDY
    assert "\\u200c" not in repr(pai.normalise([MESSY]))
    assert f'dir="rtl" style="white-space: pre-wrap">{TIDY}<' in pai.normalise(MESSY)._repr_html_()
    assert "&lt;b&gt;" in pai.normalise(["<b>"])._repr_html_()


def test_a_trace_names_what_nobody_sees() -> None:
    traced = pai.trace(MESSY)
    assert traced.text == TIDY
    assert {change.step for change in traced.changes} == {"letters", "spaces", "half_spaces"}
    assert "⟨ZWNJ⟩" in repr(traced)
    assert "⟨ZWNJ⟩" in traced._repr_html_()
    assert pai.trace(TIDY).changes == []
    assert "<table" not in pai.trace(TIDY)._repr_html_()


def test_a_wrong_switch_is_refused() -> None:
    with pytest.raises(errors.InvalidField, match="leters"):
        pai.normalise(MESSY, leters=True)
    with pytest.raises(errors.InvalidField, match="digits"):
        pai.trace(MESSY, digits="roman")


def test_it_needs_no_service_and_nothing_heavy() -> None:
    code = (
        "import sys, jupyter_persian_ai as pai\n"
        "pai.normalise('كتاب'); pai.trace('كتاب')\n"
        "print({'torch', 'transformers', 'pandas', 'httpx', 'ipywidgets'} & set(sys.modules))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert said.stdout.strip() == "set()"
