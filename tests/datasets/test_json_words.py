"""Every way in which Python refuses a JSON text is said in Persian too."""

import json
import re

import pytest

from jupyter_persian_ai.datasets.json_words import in_persian
from jupyter_persian_ai.datasets.problems import Problem

BROKEN = [
    "{broken", "", "[1 2]", '{"a" 1}', '{"a": 1 "b": 2}', '{"a": 1,}', "[1,]", '{"a": "x', '"a\tb',
    '{"a": "\\q"}', '{"a": "\\u12"}', '{"a": 1} more', '{"a": tru}', '{"a": 1,\n"b" 2}', "{'a': 1}",
]  # fmt: skip


@pytest.mark.parametrize("text", BROKEN)
def test_a_reason_has_persian_words_and_its_place(text):
    with pytest.raises(json.JSONDecodeError) as refused:
        json.loads(text)
    said = in_persian(str(refused.value))
    assert not re.search("[a-tv-zA-Z]", said), said  # but the u of an escape
    assert re.search(r"نویسهٔ [۰-۹]+\)$", said)


def test_the_line_within_a_row_is_said_where_it_is_not_the_first():
    assert "سطر ۲ آن" in in_persian("Expecting value: line 2 column 5 (char 9)")


def test_what_is_not_known_stays():
    assert in_persian("something new: line 1 column 2 (char 1)").startswith("something new")
    assert in_persian("Exceeds the limit (4300 digits)") == "Exceeds the limit (4300 digits)"


def test_a_problem_speaks_both():
    shown = Problem(3, "bad_json", "Extra data: line 1 column 9 (char 8)").shown()
    assert "Extra data" in shown.message
    assert "پس از پایان شیء" in shown.message_fa
    assert "Extra" not in shown.message_fa
