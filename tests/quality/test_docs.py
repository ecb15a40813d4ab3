"""What README promises and what the code has must name the same things."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path

import pytest

import jupyter_persian_ai as pai
from jupyter_persian_ai import errors
from jupyter_persian_ai.protocol.data import DatasetShape
from jupyter_persian_ai.protocol.recipes import OPTIONS, RECIPES
from jupyter_persian_ai.settings import Settings

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PERSIAN = range(0x0600, 0x0700)


@pytest.mark.parametrize("setting", [field.name for field in dataclasses.fields(Settings)])
def test_readme_names_every_setting(setting: str) -> None:
    assert f"`{setting}`" in README


@pytest.mark.parametrize("command", ["demo", "serve", "worker", "doctor"])
def test_readme_names_every_command(command: str) -> None:
    assert f"jupyter persian-ai {command}" in README


@pytest.mark.parametrize("recipe", [recipe.id for recipe in RECIPES])
def test_readme_names_every_recipe(recipe: str) -> None:
    assert f"`{recipe}`" in README


def _errors() -> list[type[errors.PersianAIError]]:
    return [
        item
        for _, item in inspect.getmembers(errors, inspect.isclass)
        if issubclass(item, errors.PersianAIError)
    ]


@pytest.mark.parametrize("code", sorted({error.code for error in _errors()}))
def test_readme_names_every_error(code: str) -> None:
    assert f"`{code}`" in README


@pytest.mark.parametrize("name", [name for name in pai.__all__ if name != "__version__"])
def test_readme_names_every_word_of_the_notebook_interface(name: str) -> None:
    assert name in README


def _verbs() -> list[str]:
    """What can be called on the words of the notebook interface and on what they give."""
    kinds = [type(getattr(pai, name)) for name in ("models", "hub", "bundles", "download")]
    kinds += [pai.ModelHandle, pai.Download, pai.DatasetHandle]
    return sorted(
        {
            name
            for kind in kinds
            for name, value in inspect.getmembers(kind, inspect.isfunction)
            if not name.startswith("_") and name != "widget"
        }
    )


@pytest.mark.parametrize("verb", _verbs())
def test_readme_names_every_verb(verb: str) -> None:
    assert f".{verb}(" in README or f".{verb} " in README or f".{verb}`" in README


@pytest.mark.parametrize(
    "command",
    [
        f"tests/{folder}/{path.name}"
        for folder in ("soak", "fuzz")
        for path in sorted((Path(__file__).parents[1] / folder).glob("*.py"))
        if "__main__" in path.read_text(encoding="utf-8")
    ],
)
def test_readme_names_every_long_test(command: str) -> None:
    assert f"python {command}" in README


@pytest.mark.parametrize("shape", [shape.value for shape in DatasetShape])
def test_readme_names_every_shape(shape: str) -> None:
    assert f"`{shape}`" in README


def _is_persian(text: str) -> bool:
    return any(ord(letter) in PERSIAN for letter in text)


@pytest.mark.parametrize("error", _errors(), ids=lambda error: error.code)
def test_every_error_speaks_both_languages_and_says_what_to_do(
    error: type[errors.PersianAIError],
) -> None:
    body = error().body
    assert body.message
    assert not _is_persian(body.message)
    assert body.hint
    assert not _is_persian(body.hint)
    assert _is_persian(body.message_fa)
    assert _is_persian(body.hint_fa)
    assert 400 <= error.status < 600


def test_error_codes_are_unique() -> None:
    codes = [error.code for error in _errors()]
    groups = {"internal_error"}
    assert sorted(set(codes) - groups) == sorted(code for code in codes if code not in groups)


@pytest.mark.parametrize("recipe", OPTIONS)
def test_every_option_speaks_both_languages(recipe: str) -> None:
    for name, field in OPTIONS[recipe].model_fields.items():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        assert field.title, name
        assert field.description, name
        assert extra.get("title_fa"), name
        assert _is_persian(str(extra.get("help_fa", ""))), name
