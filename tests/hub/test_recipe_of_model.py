"""What a model's folder says of the recipe that its texts went through."""

import pytest

from jupyter_persian_ai.hub.inspect import inspect_folder
from jupyter_persian_ai.persian import recipe_file
from jupyter_persian_ai.protocol.normaliser import NormaliserRecipe


def test_the_recipe_that_its_texts_went_through(model):
    recipe = NormaliserRecipe(digits="latin")
    recipe_file.write(model, recipe)
    assert inspect_folder({"path": str(model)})["normaliser"] == recipe.model_dump(mode="json")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"normaliser": 3}', b'{"normaliser": {"version": 9}}', b"[" * 50_000,
     b'{"normaliser": {}, "x": "' + b"a" * 70_000 + b'"}', b"\xff"],
)  # fmt: skip
def test_a_recipe_that_makes_no_sense_is_none(model, content):
    (model / recipe_file.NAME).write_bytes(content)
    assert inspect_folder({"path": str(model)})["normaliser"] is None
