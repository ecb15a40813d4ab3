"""One recipe for every text of a run: trained on, judged, asked, and kept with the result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors import safe_open

from jupyter_persian_ai.errors import NormaliserMissing
from jupyter_persian_ai.persian import backends, recipe_file
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.normaliser import NormaliserRecipe
from jupyter_persian_ai.training.texts import Recipes, normalised, normaliser_of
from jupyter_persian_ai.training.token_sample import count

ARABIC = str.maketrans("یک", "يك")
OWN = NormaliserRecipe()
LATIN = NormaliserRecipe(digits="latin")
OTHER = NormaliserRecipe(backend="hazm")


def dirty_copy(rows: Path, folder: Path) -> Path:
    """The rows as another keyboard wrote them: Arabic letters, no half-spaces after «می»."""
    folder.mkdir()
    written = folder / "rows.jsonl"
    text = rows.read_text(encoding="utf-8").translate(ARABIC)
    for prefix in ("می", "نمی"):
        text = text.replace(f"{prefix.translate(ARABIC)}\u200c", f"{prefix.translate(ARABIC)} ")
    written.write_text(text, encoding="utf-8")
    assert written.read_bytes() != rows.read_bytes()
    return written


def weights(model: str | Path) -> dict[str, bytes]:
    with safe_open(str(Path(model) / "model.safetensors"), "pt") as file:
        return {name: file.get_tensor(name).numpy().tobytes() for name in file.keys()}  # noqa: SIM118


@pytest.mark.parametrize("kind", ["pretrain_job", "sft_job"])
def test_dirty_rows_are_learned_as_clean_ones(request, tmp_path, kind):
    """Held-out rows, the tokenizer of a new model and the test data with them: all is equal."""
    make = request.getfixturevalue(kind)
    clean = make("clean", max_steps=6, eval_fraction=0.1)
    rows = Path(clean.inputs["dataset_path"])
    clean.inputs["test_path"] = str(rows)
    wanted = clean.run()

    dirty = make("dirty", max_steps=6, eval_fraction=0.1)
    copy = str(dirty_copy(rows, tmp_path / "copy"))
    dirty.inputs |= {"dataset_path": copy, "test_path": copy, "dataset_sha256": "cd" * 32}
    dirty.inputs |= Recipes(data=OWN).inputs
    found = dirty.run()

    assert weights(found.result["model_path"]) == weights(wanted.result["model_path"])
    assert found.result["figures"] == pytest.approx(wanted.result["figures"])
    folder = Path(found.result["model_path"])
    assert recipe_file.read(folder) == OWN
    assert recipe_file.NAME in (folder / "README.md").read_text(encoding="utf-8")
    plain = Path(wanted.result["model_path"])
    assert not (plain / recipe_file.NAME).exists()
    assert recipe_file.NAME not in (plain / "README.md").read_text(encoding="utf-8")


def test_what_is_asked_for_a_sample_is_normalised(sft_job):
    job = sft_job(max_steps=4, sample_prompt="كتاب ها 1")
    job.inputs |= Recipes(model=OWN).inputs
    samples = job.run().of(EventType.SAMPLE)
    assert samples
    assert all(sample["prompt"] == "کتاب‌ها ۱" for sample in samples)


def test_a_mismatch_is_told_in_the_run(pretrain_job):
    job = pretrain_job(max_steps=2)
    job.inputs |= Recipes(data=LATIN, model=OWN, test=OWN).inputs
    notices = [
        one for one in job.run().of(EventType.NOTICE) if one["code"] == "normaliser_mismatch"
    ]
    assert len(notices) == 2
    assert "digits" in notices[0]["message"]["en"]
    assert "دستور داده" in notices[0]["message"]["fa"]


def test_the_data_decides_and_without_a_recipe_the_model():
    assert Recipes().used is None
    assert Recipes(model=OWN).used == OWN
    assert Recipes(data=LATIN, model=OWN).used == LATIN
    told = Recipes(data=LATIN, model=OWN, test=LATIN)
    assert Recipes.of_inputs(json.loads(json.dumps(told.inputs))) == told
    assert Recipes.of_inputs({}) == Recipes()


@pytest.mark.parametrize(
    ("recipes", "ok"),
    [
        (Recipes(data=OWN), True),
        (Recipes(model=OWN), True),
        (Recipes(data=OWN, model=OWN, test=OWN), True),
        (Recipes(data=OWN, model=LATIN), None),
        (Recipes(data=OWN, test=LATIN), None),
        (Recipes(test=OWN), None),
    ],
)
def test_the_gate_warns_and_does_not_refuse(recipes, ok):
    check = recipes.check()
    assert check is not None
    assert check.ok is ok
    assert check.code == "normaliser"
    assert (check.mend is not None) == (ok is None)


def test_nothing_normalised_is_not_worth_a_word():
    assert Recipes().check() is None


def test_a_back_end_that_is_not_here_refuses():
    if backends.installed("hazm"):
        pytest.skip("hazm is installed")
    check = Recipes(data=OTHER).check()
    assert check is not None
    assert check.ok is False
    assert "hazm" in check.cause.fa
    with pytest.raises(NormaliserMissing):
        normaliser_of(Recipes(data=OTHER).inputs)


def test_tokens_are_counted_as_they_will_be_learned(tmp_path, text_rows):
    copy = dirty_copy(text_rows, tmp_path / "copy")
    ask = {"recipe": "pretrain", "vocab_size": 320}
    clean = count(ask | {"path": str(text_rows)})
    assert (
        count(ask | {"path": str(copy), "normaliser": Recipes(data=OWN).inputs["normaliser"]})
        == clean
    )
    assert count(ask | {"path": str(copy)}) != clean


def test_rows_without_a_recipe_stay_the_very_same():
    rows = [{"text": "ي"}]
    assert next(normalised(rows, None)) is rows[0]
