"""Bundles over HTTP: packed, fetched, sent back in parts, looked at, taken in, given up."""

import hashlib
import json
import secrets
from pathlib import Path

import httpx
import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models

MB = 1_000_000
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 640,
    "hidden_size": 512,
    "intermediate_size": 1024,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "tie_word_embeddings": True,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model of a few megabytes, with what is packed of it and what is not."""
    folder = tmp_path_factory.mktemp("source") / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')
    Tokenizer(models.BPE()).save(str(folder / "tokenizer.json"))
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# مدل\n", "utf-8")
    (folder / "LICENSE").write_text("Apache License")
    random = np.random.default_rng(0)
    shapes = {"model.embed_tokens.weight": (640, 512), "model.norm.weight": (512,)}
    save_file(
        {name: random.standard_normal(shape).astype("float32") for name, shape in shapes.items()},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    (folder / "notes.py").write_text("print('never packed')")
    return folder


@pytest.fixture(scope="module")
def client(jupyter_server):
    return jupyter_server.client()


@pytest.fixture(scope="module")
def model(client, folder):
    """The model, registered by its path."""
    return client.post("models", json={"path": str(folder), "name": "مدل کوچک"}).json()


def ended(client, wait_for, job):
    def look():
        told = client.get(f"bundles/{job['id']}").json()
        return told if told["state"] in {"completed", "failed", "stopped"} else None

    return wait_for(look)


def packed(client, wait_for, **ask):
    answer = client.post("bundles", json=ask)
    assert answer.status_code == 202, answer.text
    job = ended(client, wait_for, answer.json())
    assert job["state"] == "completed", job["error"]
    return job


def taken_in(client, wait_for, path, **more):
    answer = client.post("bundles/imports", json={"path": str(path), **more})
    assert answer.status_code == 202, answer.text
    return ended(client, wait_for, answer.json())


def test_a_model_goes_out_in_parts_and_comes_in_again(client, wait_for, model, folder, tmp_path):
    ask = {"subject": "model", "id": model["id"], "part_bytes": MB, "folder": str(tmp_path)}
    job = packed(client, wait_for, **ask)
    assert (job["kind"], job["recipe"]) == ("bundle", "pack")
    parts = job["result"]["parts"]
    assert sorted(part["name"] for part in parts) == sorted(p.name for p in tmp_path.iterdir())
    for part in parts:
        content = (tmp_path / part["name"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (
            part["bytes"],
            part["sha256"],
        )

    bundle = client.post("bundles/look", json={"path": str(tmp_path)}).json()
    assert bundle["complete"]
    assert bundle["name"] == "مدل کوچک"
    assert bundle["license"] == "apache-2.0"
    assert "notes.py" not in {file["name"] for file in bundle["files"]}

    done = taken_in(client, wait_for, tmp_path, name="از فلش")
    assert done["state"] == "completed", done["error"]
    there = client.get(f"models/{done['result']['model_id']}").json()
    assert (there["name"], there["source"]) == ("از فلش", "bundle")
    assert there["parameters"] == model["parameters"]
    for file in bundle["files"]:
        assert (Path(there["path"]) / file["name"]).read_bytes() == (
            folder / file["name"]
        ).read_bytes()
