"""Pickles come in, adapters are merged, and a model goes to the Hub: as a notebook says it."""

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
def model(verses: list[str], tiny_options: dict[str, Any]) -> pai.ModelHandle:
    """A model that was trained here, made once for the module."""
    known = pai.models(source="trained")
    if known:
        return known[0]
    return pai.train(verses, name="آموخته", **{**tiny_options, "max_steps": 2}).wait().model


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
