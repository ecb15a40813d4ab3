"""Other normalisers: the real ones where they are installed, and a clear word where not."""

from __future__ import annotations

import sys

import pytest

from jupyter_persian_ai.errors import NormaliserFailed, NormaliserMissing, NormaliserVersion
from jupyter_persian_ai.persian import backends
from jupyter_persian_ai.persian.describing import normalisers
from jupyter_persian_ai.persian.normaliser import Normaliser
from jupyter_persian_ai.protocol.normaliser import NormaliserRecipe

ABSENT = [name for name in backends.OTHERS if not backends.installed(name)]


@pytest.fixture
def rishe_here(tmp_path, monkeypatch):
    """A distribution named rishe 9.8 on disk: its class takes what the real one takes."""
    if backends.installed("rishe"):
        pytest.skip("the real one is installed")
    info = tmp_path / "rishe-9.8.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rishe\nVersion: 9.8\n")
    (tmp_path / "rishe.py").write_text(
        "class Normalizer:\n"
        "    def __init__(self, *, persian_numbers, correct_spacing, remove_diacritics,\n"
        "                 remove_specials_chars, decrease_repeated_chars, persian_style,\n"
        "                 unicodes_replacement, seperate_mi):\n"
        "        self.numbers = persian_numbers\n"
        "    def normalize(self, text):\n"
        "        if 'شکست' in text:\n"
        "            raise RuntimeError('نشد')\n"
        "        return text.replace('1', '۱') if self.numbers else text\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("rishe", None)
    backends.other_rules.cache_clear()


@pytest.mark.parametrize("name", backends.OTHERS)
def test_what_is_missing_is_said_in_both_languages(name):
    if name not in ABSENT:
        pytest.skip(f"{name} is installed")
    with pytest.raises(NormaliserMissing) as refused:
        Normaliser(NormaliserRecipe(backend=name))
    body = refused.value.body
    assert name in body.message
    assert name in body.message_fa
    assert f"pip install {name}" in body.hint_fa


def test_the_version_is_recorded(rishe_here):
    normaliser = Normaliser(NormaliserRecipe(backend="rishe"))
    assert normaliser.recipe.backend_version == "9.8"
    assert normaliser.texts(["1", "a"]) == ["۱", "a"]
    told = {one.id: one for one in normalisers().backends}
    assert told["rishe"].installed
    assert told["rishe"].version == "9.8"


def test_another_version_is_refused(rishe_here):
    with pytest.raises(NormaliserVersion) as refused:
        Normaliser(NormaliserRecipe(backend="rishe", backend_version="0.5.1"))
    assert "0.5.1" in refused.value.body.message_fa
    assert "9.8" in refused.value.body.message_fa


def test_switches_reach_it_and_changes_are_told(rishe_here):
    recipe = NormaliserRecipe(backend="rishe", backend_version="9.8")
    traced = Normaliser(recipe).traced("یک 1 دو 11")
    assert traced.text == "یک ۱ دو ۱۱"
    assert [(one.start, one.before, one.after) for one in traced.changes] == [
        (3, "1", "۱"),
        (8, "11", "۱۱"),
    ]
    assert traced.counts == {"rishe": 2}
    kept = recipe.model_copy(update={"digits": "keep"})
    assert Normaliser(kept).text("1") == "1"


def test_its_failure_is_an_error_of_ours(rishe_here):
    with pytest.raises(NormaliserFailed) as failed:
        Normaliser(NormaliserRecipe(backend="rishe")).text("شکست")
    assert "نشد" in failed.value.body.message


@pytest.mark.parametrize("name", backends.OTHERS)
def test_the_real_one(name):
    if name in ABSENT:
        pytest.skip(f"{name} is not installed")
    normaliser = Normaliser(NormaliserRecipe(backend=name))
    done = normaliser.text("كتاب هاي من را مي خوانم")
    assert "کتاب" in done
    assert "می\u200cخوانم" in done
    assert normaliser.traced("كتاب").text == normaliser.text("كتاب")


def test_our_own_has_no_other_version():
    assert Normaliser(NormaliserRecipe(backend_version="3")).recipe.backend_version == ""
