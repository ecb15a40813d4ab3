"""Sending a model to the Hub over HTTP: the plan shows all, the push does that and no more."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from pathlib import Path

import pytest

TOKEN = "hf_canaryOfThePush0123456789abcdef"
ENDED = {"completed", "failed", "stopped"}


def _writes():
    folder = Path(__file__).parents[1] / "hub"
    sys.path.insert(0, str(folder))
    try:
        spec = importlib.util.spec_from_file_location("hub_writes", folder / "hub_writes.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
    return module


@pytest.fixture
def hub():
    server = _writes().WritableHub()
    server.account(TOKEN, "sara")
    yield server
    server.close()


@pytest.fixture
def ask_hub(ask, hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("NO_PROXY", "")
    return ask


@pytest.fixture
def folder(tmp_path):
    """A tiny sound model."""
    import numpy as np
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models

    place = tmp_path / "ready"
    place.mkdir()
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": 256,
        "hidden_size": 64,
        "intermediate_size": 64,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "max_position_embeddings": 64,
    }
    (place / "config.json").write_text(json.dumps(config))
    Tokenizer(models.BPE()).save(str(place / "tokenizer.json"))
    (place / "training_args.json").write_text("{}")
    draw = np.random.default_rng(0).standard_normal
    tensors = {"model.embed_tokens.weight": draw((256, 64), dtype="float32")}
    tensors |= {
        f"model.layers.0.mlp.{name}_proj.weight": draw((64, 64), dtype="float32")
        for name in ("up", "down", "gate")
    }
    save_file(tensors, place / "model.safetensors", metadata={"format": "pt"})
    return place


async def registered(ask, folder):
    answer = await ask("POST", "models", {"path": str(folder), "name": "نظم *یکم*"})
    assert answer.status == 201, answer.text
    return answer.json


async def signed_in(ask):
    answer = await ask("PUT", "settings/huggingface-token", {"token": TOKEN})
    assert answer.json["valid"] is True, answer.text


async def ended(ask, job_id):
    while True:
        job = (await ask("GET", f"models/jobs/{job_id}")).json
        if job["state"] in ENDED:
            return job
        await asyncio.sleep(0.1)


async def test_seen_first_then_sent(ask_hub, hub, folder, data_dir):
    ask = ask_hub
    model = await registered(ask, folder)
    await signed_in(ask)
    where = f"models/{model['id']}/push"
    wanted = {"repo_id": "nazm", "license": "apache-2.0", "message": "نخستین"}
    answer = await ask("POST", f"{where}/plan", wanted)
    assert answer.status == 200, answer.text
    plan = answer.json
    assert (plan["account"], plan["repo_id"], plan["exists"]) == ("sara", "sara/nazm", False)
    assert plan["private"] is True
    names = {file["name"] for file in plan["files"]}
    assert names == {"README.md", "config.json", "tokenizer.json", "model.safetensors"}
    assert all(len(file["sha256"]) == 64 and file["change"] == "new" for file in plan["files"])
    assert plan["bytes"] == sum(file["bytes"] for file in plan["files"])
    assert 'license: "apache-2.0"' in plan["card"]
    assert "## این مدل چیست" in plan["card"]
    assert "## What this is" in plan["card"]
    assert "نظم \\*یکم\\*" in plan["card"], "a name is no markup"
    assert hub.repositories == {}, "a plan sends nothing"
    assert {method for method, _, _ in hub.requests} == {"GET"}

    refused = await ask("POST", where, wanted)
    assert (refused.status, refused.json["error"]["code"]) == (409, "push_plan_changed")
    other = await ask("POST", where, wanted | {"plan": plan["digest"], "private": False})
    assert (other.status, other.json["error"]["code"]) == (409, "push_plan_changed")

    answer = await ask("POST", where, wanted | {"plan": plan["digest"]})
    assert answer.status == 202, answer.text
    job = await ended(ask, answer.json["id"])
    assert job["state"] == "completed", job
    repository = hub.repositories["sara/nazm"]
    assert set(repository.files) == names
    assert repository.files["README.md"].decode() == plan["card"]
    assert job["result"]["revision"] == repository.commit
    assert job["result"]["url"] == f"{hub.url}/sara/nazm"

    again = (await ask("POST", f"{where}/plan", wanted)).json
    assert {file["change"] for file in again["files"]} == {"same"}
    assert again["bytes"] == 0
    assert again["digest"] != plan["digest"]
    (folder / "tokenizer.json").write_text(
        (folder / "tokenizer.json").read_text().replace("\n", "\n ")
    )
    changed = (await ask("POST", f"{where}/plan", wanted)).json
    assert {f["name"] for f in changed["files"] if f["change"] == "changed"} == {"tokenizer.json"}

    texts = [one.text for one in (answer, refused, other)] + [json.dumps(job), json.dumps(plan)]
    assert not any(TOKEN in text for text in texts)
    for path in (data_dir / "jobs").rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path


async def test_a_card_of_ones_own(ask_hub, folder):
    model = await registered(ask_hub, folder)
    await signed_in(ask_hub)
    wanted = {"repo_id": "sara/nazm", "card": "# خودم نوشتم\n", "private": False}
    plan = (await ask_hub("POST", f"models/{model['id']}/push/plan", wanted)).json
    assert plan["card"] == "# خودم نوشتم\n"
    told = " ".join(note["en"] for note in plan["warnings"])
    assert "Everybody" in told
    assert "No licence" in told


async def test_why_not(ask_hub, hub, folder):
    model = await registered(ask_hub, folder)
    ask, where = ask_hub, f"models/{model['id']}/push/plan"
    answer = await ask("POST", where, {"repo_id": "nazm"})
    assert (answer.status, answer.json["error"]["code"]) == (409, "token_missing")
    await signed_in(ask)
    hub.roles[TOKEN] = "read"
    answer = await ask("POST", where, {"repo_id": "nazm"})
    assert (answer.status, answer.json["error"]["code"]) == (403, "push_refused")
    assert answer.json["error"]["message_fa"]
    hub.roles[TOKEN] = "write"
    answer = await ask("POST", where, {"repo_id": "../nazm"})
    assert (answer.status, answer.json["error"]["code"]) == (422, "invalid_field")
    await ask("PATCH", "settings/hub", {"offline": True})
    hub.requests.clear()
    answer = await ask("POST", where, {"repo_id": "nazm"})
    assert (answer.status, answer.json["error"]["code"]) == (503, "hub_offline")
    assert hub.requests == []
    assert (await ask("POST", "models/none/push/plan", {"repo_id": "x"})).status == 404
