"""`pai.models` without a display: list, versions, lineage, comparison, bundles, in and out."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

import jupyter_persian_ai as pai
from jupyter_persian_ai import errors
from jupyter_persian_ai.protocol.jobs import JobState
from jupyter_persian_ai.widgets.model_compare import Answers

TOKEN = "hf_canaryOfTheNotebook0123456789AB"


def writable_hub() -> Any:
    """A small Hub that can be written to; it lies with the tests of the Hub."""
    folder = Path(__file__).parents[1] / "hub"
    sys.path.insert(0, str(folder))
    try:
        spec = importlib.util.spec_from_file_location("hub_writes", folder / "hub_writes.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
    return module.WritableHub()


@pytest.fixture(scope="module")
def hub() -> Iterator[Any]:
    server = writable_hub()
    server.account(TOKEN, "sara")
    patch = pytest.MonkeyPatch()
    patch.setenv("HF_ENDPOINT", server.url)
    patch.delenv("HF_HUB_OFFLINE", raising=False)
    yield server
    patch.undo()
    server.close()


@pytest.fixture(scope="module", autouse=True)
def client(hub: Any, jupyter_server: Any) -> Iterator[pai.Client]:
    yield pai.connect(jupyter_server.url, jupyter_server.token)
    pai.disconnect()


@pytest.fixture
def model(client: pai.Client, verses: list[str], tiny_options: dict[str, Any]) -> pai.ModelHandle:
    """A model that was trained here, made once for the module."""
    known = [one for one in pai.models() if one.source == "trained"]
    if known:
        return known[0]
    options = {**tiny_options, "max_steps": 2}
    return pai.train(verses, name="آموخته", client=client, **options).wait().model


@pytest.fixture
def other(model: pai.ModelHandle, tmp_path_factory: pytest.TempPathFactory) -> pai.ModelHandle:
    """The same files elsewhere, registered once for the module."""
    known = [one for one in pai.models() if one.name == "رونوشت"]
    if known:
        return known[0]
    folder = tmp_path_factory.mktemp("elsewhere") / "copy"
    shutil.copytree(model.path, folder)
    return pai.models.add(folder, "رونوشت")


def test_it_is_listed_found_and_said(model: pai.ModelHandle) -> None:
    assert model in pai.models()
    assert model in pai.models(source="trained")
    assert model not in pai.models("چنین نامی نیست")
    assert pai.models.get(model.name) == pai.models.get(model.id) == model
    assert model.name in repr(pai.models())
    assert "version 1 of 1, text-generation" in repr(model)
    assert model._repr_mimebundle_() == {"text/plain": repr(model)}
    assert model.parameters > 0
    assert model.path
    with pytest.raises(errors.NotFound):
        pai.models.get("هیچ")


def test_notes_and_tags(model: pai.ModelHandle) -> None:
    assert model.tag("شعر", "کوچک", "شعر").tags == ["شعر", "کوچک"]
    assert model in pai.models(tag="کوچک")
    assert model.untag("کوچک").tags == ["شعر"]
    assert model.untag().tags == []
    assert model.note("برای آزمون").notes == "برای آزمون"
    assert model.rename("نام تازه").info.name == "نام تازه"
    model.rename("آموخته").note("")


def test_versions(model: pai.ModelHandle, other: pai.ModelHandle) -> None:
    model.add_version(other, note="دومی")
    assert (model.number, [one.number for one in model.versions()]) == (1, [2, 1])
    assert model.versions()[0].note == "دومی"
    with pytest.raises(errors.Conflict):
        model.rollback()
    assert model.promote(2).number == 2
    assert "✓" in repr(model.versions()).splitlines()[1]
    assert "کنونی" in model.versions()._repr_html_()
    with pytest.raises(errors.Conflict):
        model.delete_version(2)
    assert model.rollback().number == 1
    assert "deleting frees" in repr(model.users(2))
    model.delete_version(2)
    assert [one.number for one in model.versions()] == [1]
    with pytest.raises(errors.NotFound):
        model.promote(9)


def test_where_it_comes_from(model: pai.ModelHandle, other: pai.ModelHandle) -> None:
    family = model.lineage()
    assert {node.kind for node in family.nodes} >= {"model", "dataset", "job"}
    assert "→ model “آموخته”" in repr(family)
    assert "آموخته" in family._repr_html_()
    assert [node.kind for node in other.lineage().nodes if node.id == other.lineage().focus]


def test_side_by_side(model: pai.ModelHandle, other: pai.ModelHandle) -> None:
    compared = pai.models.compare(model, other)
    assert [one.id for one in compared.models] == [model.id, other.id]
    assert "parameters" in repr(compared)
    assert "رونوشت" in compared._repr_html_()
    assert [one.id for one in model.compare("رونوشت").models] == [model.id, other.id]
    with pytest.raises(errors.PersianAIError):
        pai.models.compare(model)


def test_answers_as_they_come(capsys: Any) -> None:
    answers = Answers({"1": "یکی", "2": "دیگری", "3": "دیگری"}, "پرسش")
    problem = errors.EngineFailed(reason="حافظه").body.model_dump(mode="json")
    for event, data in (
        ("token", {"model_id": "1", "text": "می‌"}),
        ("token", {"model_id": "1", "text": "روم"}),
        ("usage", {"model_id": "1", "tokens": 2}),
        ("token", {"model_id": "2", "text": "باران"}),
        ("error", {"model_id": "3", "error": problem}),
        ("done", {}),
    ):
        answers.take(event, data, show=True)
    assert answers["یکی"] == "می‌روم"
    assert answers["دیگری (2)"] == "باران"
    assert list(answers.failed) == ["دیگری (3)"]
    assert capsys.readouterr().out.startswith("یکی: می‌روم\nدیگری (2): باران\nدیگری (3): ")
    assert repr(answers) == "<answers of 3 models>"
    assert "باران" in answers._repr_html_()
    with pytest.raises(errors.EngineFailed):
        answers.take("error", {"error": problem}, show=False)


def test_its_tokenizer(model: pai.ModelHandle) -> None:
    told = model.tokenizer()
    assert told.tokens_per_word > 1
    assert "tokens a word" in repr(told)
    assert "توکن در هر واژه" in told._repr_html_()


def test_what_is_on_the_disk(other: pai.ModelHandle) -> None:
    folder = Path(other.path).parent
    found = pai.models.scan(folder)
    assert [one.model_id for one in found] == [other.id]
    assert f"registered as {other.id}" in repr(found)
    assert pai.models.confinement().possible in {True, False}


def test_it_leaves_as_a_zip(model: pai.ModelHandle, tmp_path: Path) -> None:
    path = model.download(tmp_path)
    assert (path.name, path.read_bytes()[:2]) == ("آموخته.zip", b"PK")


def test_carried_and_taken_in(model: pai.ModelHandle, tmp_path: Path) -> None:
    packed = model.bundle().wait()
    assert packed.state is JobState.COMPLETED
    (path,) = packed.save(tmp_path / "stick")
    assert path.stat().st_size == packed.parts[0].bytes
    looked = pai.bundles.look(path.parent)
    assert (looked.subject, looked.name, looked.complete) == ("model", "آموخته", True)
    assert "model.safetensors" in {one.name for one in looked.files}
    assert path.name in repr(looked)
    assert "پاره" in looked._repr_html_()
    made = pai.bundles.import_(path, "آورده").wait().model
    assert (made.name, made.source, made.parameters) == ("آورده", "bundle", model.parameters)
    assert packed.id in {one.id for one in pai.bundles()}
    made.delete()
    packed.delete()


def test_data_in_parts_some_of_them_cut_or_missing(tmp_path: Path) -> None:
    data = pai.datasets.load([f"{number} " + "متن بلند " * 40 for number in range(4000)])
    packed = data.bundle(part_bytes=10**6).wait()
    paths = packed.save(tmp_path)
    assert len(paths) > 2
    assert [path.stat().st_size for path in paths] == [part.bytes for part in packed.parts]
    before = [path.stat().st_mtime_ns for path in paths]
    half = tmp_path / f".{paths[-1].name}.part"
    paths[-1].rename(half)
    with half.open("r+b") as cut:
        cut.truncate(10)
    assert packed.save(tmp_path) == paths
    assert [path.stat().st_mtime_ns for path in paths][:-1] == before[:-1], "not brought again"
    assert not half.exists()

    sent = pai.bundles.send(paths[1])
    assert sent.parts == [path.name for path in paths], "all parts of that name"
    assert pai.bundles.send(tmp_path, upload_id=sent.id) == sent, "nothing is sent twice"
    made = pai.bundles.import_(sent.path).wait().dataset
    assert made.preview(3) == data.preview(3)

    paths[-1].unlink()
    assert not pai.bundles.look(tmp_path).complete
    with pytest.raises(errors.BundleProblem, match=paths[-1].name):
        pai.bundles.import_(tmp_path).wait()
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(errors.BundleProblem):
        pai.bundles.look(empty)
    with pytest.raises(errors.InvalidField):
        pai.bundles.send(empty)
    made.delete()
    data.delete()
    packed.delete()


def test_a_folder_of_pickles(model: pai.ModelHandle, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file

    folder = tmp_path / "old"
    shutil.copytree(model.path, folder)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(errors.ModelProblem):
        pai.models.add(folder)
    (found,) = pai.models.scan(tmp_path)
    assert found.convertible == "pickle"
    assert "pickle: can be imported" in repr(pai.models.scan(tmp_path))
    with pytest.raises(errors.ModelProblem):
        pai.models.import_(found)
    if not pai.models.confinement().possible:
        with pytest.raises(errors.ModelProblem):
            pai.models.import_(found, accept_risk=True)
        return
    made = pai.models.import_(found, "از قدیم", accept_risk=True).wait().model
    assert (made.name, made.source, made.parameters) == ("از قدیم", "converted", model.parameters)
    made.delete()


def test_an_adapter_is_merged(model: pai.ModelHandle, tmp_path: Path) -> None:
    width = json.loads((Path(model.path) / "config.json").read_text("utf-8"))["hidden_size"]
    values = np.random.default_rng(0).standard_normal((2, 2, width)).astype("float32") * 0.1
    name = "base_model.model.model.layers.0.self_attn.o_proj.lora_{}.weight"
    tensors = {name.format("A"): values[0], name.format("B"): np.ascontiguousarray(values[1].T)}
    save_file(tensors, tmp_path / "adapter_model.safetensors")
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": "",
        "r": 2,
        "lora_alpha": 4,
        "target_modules": ["o_proj"],
    }
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    job = model.merge(tmp_path, name="آمیخته", any_base=True).wait()
    made = job.model
    assert (made.name, made.source, made.parameters) == ("آمیخته", "merged", model.parameters)
    assert model.id in {node.id.split(":")[1] for node in made.lineage().nodes}
    assert job.id in {one.id for one in pai.models.jobs()}
    made.delete()


def test_nothing_is_sent_before_it_was_shown(model: pai.ModelHandle, hub: Any, capsys: Any) -> None:
    with pytest.raises(errors.PersianAIError):
        model.push("sara/verses")
    pai.hub.token(TOKEN)
    plan = model.push("sara/verses", license="mit", message="نخستین")
    assert hub.commits == []
    assert "sara/verses" not in hub.repositories
    assert {"README.md", "model.safetensors"} <= {one.name for one in plan.files}
    assert (plan.account, plan.private, plan.exists) == ("sara", True, False)
    assert "new, private, as sara" in repr(plan)
    assert "not sent yet" in repr(plan)
    assert "فرستاده نشده" in plan._repr_html_()
    assert "فارسی" in plan.card or "مدل" in plan.card
    job = plan.send().wait()
    assert job.url.startswith(hub.url)
    assert [repo for repo, *_ in hub.commits] == ["sara/verses"]
    assert set(hub.repositories["sara/verses"].files) >= {one.name for one in plan.files}
    said = capsys.readouterr().out + repr(job) + job.info.model_dump_json() + repr(vars(plan))
    assert TOKEN not in said
    pai.hub.token(remove=True)


def test_a_model_goes_with_everything(model: pai.ModelHandle, other: pai.ModelHandle) -> None:
    kept = Path(other.path)
    other.delete()
    assert kept.is_dir(), "it lies elsewhere and is not ours"
    model.delete()
    with pytest.raises(errors.NotFound):
        _ = model.info
