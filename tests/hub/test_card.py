"""A model's card: two languages, a head that machines read, and nothing that is not text."""

from __future__ import annotations

import re

import pytest

from jupyter_persian_ai.hub.card import Card, plain

yaml = pytest.importorskip("yaml")


def head(text: str) -> dict:
    _, front, _ = text.split("---\n", 2)
    return yaml.safe_load(front)


def test_what_is_known_is_told_in_both_languages():
    text = Card(
        name="نظم‌ساز",
        license="cc-by-4.0",
        base="owner/base",
        way="merged",
        recipe="merge",
        parameters=1_234_567,
        dtype="bfloat16",
        context_length=2048,
        dataset="غزل‌ها",
        dataset_version=3,
        dataset_rows=495,
        dataset_license="mit",
        normalised=True,
        figures={"eval_loss": 1.5, "note": "x"},
        options={"epochs": 2},
        repo_id="sara/nazm",
    ).render()
    assert head(text) == {
        "language": ["fa"],
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "license": "cc-by-4.0",
        "base_model": "owner/base",
        "tags": ["jupyter-persian-ai"],
    }
    persian, english = text.split("## What this is")
    for part in (persian, english):
        for fact in ("1,234,567", "owner/base", "غزل‌ها", "495", "mit", "2,048"):
            assert fact in part
    assert "| eval\\_loss | 1.5 |" in text
    assert "| note" not in text
    assert '"epochs": 2' in text
    assert 'from_pretrained("sara/nazm")' in text
    assert '<div dir="rtl">' in persian
    assert "مدل پایه" in persian


def test_what_is_not_known_is_left_out():
    text = Card(name="m").render()
    assert set(head(text)) == {"language", "library_name", "pipeline_tag", "tags"}
    assert "Data:" not in text
    assert "Figures" not in text
    assert "Licence: not said" in text


@pytest.mark.parametrize(
    "name",
    [
        "x\n---\nlicense: mit\n---\n# y",
        "<script>alert(1)</script>",
        "[link](javascript:alert(1)) `code` | cell |",
        "x' \": }{ &a *b !!python/object:os.system",
    ],
)
def test_a_name_is_only_a_name(name):
    text = Card(
        name=name, license=name, base=name, way="trained", dataset=name, dtype=name, recipe=name
    ).render()
    told = head(text)
    assert told["license"] == " ".join(name.split())
    assert "base_model" not in told
    body = text.split("---\n", 2)[2]
    assert not re.search(r"(?<!\\)<script", body)
    assert "](" not in body.split("## Use")[0].replace("\\](", "")
    assert body.count("\n# ") + body.startswith("# ") == 1
    assert plain(name).count("\n") == 0
