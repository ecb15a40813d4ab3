"""A model written as safetensors: the same numbers, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from jupyter_persian_ai.errors import DiskFull, ModelUnsafe
from jupyter_persian_ai.hub.inspect import inspect_folder
from jupyter_persian_ai.optimize import export
from jupyter_persian_ai.protocol.worker import WorkStopped


def state(folder: Path) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = {}
    for path in sorted(folder.glob("*.safetensors")):
        tensors |= load_file(path)
    return tensors


def test_the_same_weights_and_files_of_known_hashes(llama, work):
    result = work(export.run, {"model_id": "m"}, model_path=llama, model_name="m")
    made = Path(result["path"])
    before, after = state(llama), state(made)
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert {"config.json", "tokenizer.json", "model.safetensors"} <= {
        file["name"] for file in result["files"]
    }
    for file in result["files"]:
        content = (made / file["name"]).read_bytes()
        assert len(content) == file["bytes"]
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
    assert inspect_folder({"path": str(made)})["parameters"] == sum(
        tensor.numel() for tensor in before.values()
    )
    last = work.progress[-1]
    assert last["done"] == last["total"] == sum(t.nbytes for t in before.values())


def test_another_number_format_that_transformers_loads(llama, work):
    from transformers import AutoModelForCausalLM

    options = {"model_id": "m", "dtype": "bfloat16"}
    before = state(llama)
    result = work(export.run, options, model_path=llama, model_name="m")
    made = Path(result["path"])
    model = AutoModelForCausalLM.from_pretrained(made)
    assert model.dtype == torch.bfloat16
    assert json.loads((made / "config.json").read_text())["dtype"] == "bfloat16"
    after = state(made)
    assert all(torch.equal(before[name].bfloat16(), after[name]) for name in before)


def test_shards_in_and_out(make_model, work):
    from transformers import AutoModelForCausalLM

    folder = make_model("llama", shard="600KB", hidden_size=128, intermediate_size=512)
    assert (folder / "model.safetensors.index.json").is_file()
    result = work(
        export.run, {"model_id": "m", "shard_bytes": 10**6}, model_path=folder, model_name="m"
    )
    made = Path(result["path"])
    shards = sorted(made.glob("*.safetensors"))
    assert len(shards) >= 2
    before, after = state(folder), state(made)
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert AutoModelForCausalLM.from_pretrained(made).num_parameters()


def test_a_stop_leaves_nothing(llama, work):
    work.stop_after = 2
    with pytest.raises(WorkStopped):
        work(export.run, {"model_id": "m"}, model_path=llama, model_name="m")
    assert [path.name for path in work.job_dir.iterdir()] == ["1"]


def test_what_a_killed_attempt_left_goes(llama, work):
    (work.job_dir / ".staging-export-12345678").mkdir(parents=True)
    (work.job_dir / ".staging-export-12345678" / "model.safetensors").write_bytes(b"half")
    work(export.run, {"model_id": "m"}, model_path=llama, model_name="m")
    again = work(export.run, {"model_id": "m"}, model_path=llama, model_name="m")
    assert Path(again["path"]).is_dir()
    assert {path.name for path in work.job_dir.iterdir()} == {"1", "export"}


def test_no_room_is_said_before_a_byte_is_written(llama, work, monkeypatch):
    monkeypatch.setattr(export, "free_bytes", lambda folder: 1000)
    with pytest.raises(DiskFull):
        work(export.run, {"model_id": "m"}, model_path=llama, model_name="m")
    assert [path.name for path in work.job_dir.iterdir()] == ["1"]


def test_a_folder_that_was_changed_since_is_judged_anew(make_model, work):
    folder = make_model("llama")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"auto_map": {"AutoModel": "x.Y"}}))
    with pytest.raises(ModelUnsafe):
        work(export.run, {"model_id": "m"}, model_path=folder, model_name="m")
