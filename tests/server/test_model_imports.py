"""Models of other formats over HTTP: what is asked first, the job, the model that comes of it."""

import json
from pathlib import Path

import pytest


@pytest.fixture
def pickled(tmp_path):
    """A folder as models were before safetensors, small enough for any machine."""
    import torch
    from tokenizers import Tokenizer, models
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path / "ParsModel"
    config = LlamaConfig(
        vocab_size=64,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=64,
    )
    config.architectures = ["LlamaForCausalLM"]
    config.save_pretrained(folder)
    Tokenizer(models.BPE()).save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    torch.save(LlamaForCausalLM(config).state_dict(), folder / "pytorch_model.bin")
    return folder


def code(answer):
    return answer.status_code, answer.json()["error"]["code"]


def ended(client, wait_for, job):
    path = f"models/jobs/{job['id']}"
    wait_for(lambda: client.get(path).json()["state"] in {"completed", "failed"}, 120)
    return client.get(path).json()


def test_pickles(jupyter, pickled, wait_for, canary, canary_pickle):
    client = jupyter().client()
    held = client.get("models/confinement").json()
    assert held.keys() >= {"network", "home", "system_calls", "memory", "possible"}

    # Registered it is not; and the reason says that it could be converted.
    answer = client.post("models", json={"path": str(pickled)})
    assert code(answer) == (422, "model_pickled")
    assert answer.json()["error"]["details"]["convertible"] == "pickle"

    ask = {"path": str(pickled), "name": "مدل پارسی"}
    assert code(client.post("models/imports", json=ask)) == (409, "risk_not_accepted")
    ask["accept_risk"] = True
    answer = client.post("models/imports", json=ask)
    if not held["possible"]:
        assert held["reason"]["fa"]
        assert code(answer) == (501, "lockdown_missing")
        pytest.skip(held["reason"]["en"])
    assert answer.status_code == 202
    job = ended(client, wait_for, answer.json())
    assert job["state"] == "completed", job["error"]
    assert (job["kind"], job["recipe"]) == ("model", "convert")
    place = Path(job["result"]["path"])
    assert (place / "model.safetensors").is_file()
    assert [one["id"] for one in client.get("models/jobs").json()["items"]] == [job["id"]]
    found = [one for one in client.get("models").json()["items"] if one["path"] == str(place)]
    assert [(one["name"], one["source"]) for one in found] == [("مدل پارسی", "converted")]

    # What is usable already is not converted again; the job goes, the model stays.
    again = client.post("models/imports", json={"path": str(place), "accept_risk": True})
    assert code(again) == (409, "conflict")
    assert client.delete(f"models/jobs/{job['id']}").status_code == 204
    assert (place / "model.safetensors").is_file()

    # A pickle that is more than tensors fails by name, and its canary is never made.
    (pickled / "pytorch_model.bin").write_bytes(canary_pickle())
    job = ended(client, wait_for, client.post("models/imports", json=ask).json())
    assert (job["state"], job["error"]["code"]) == ("failed", "pickle_refused")
    assert job["error"]["message_fa"]
    assert not canary.exists()


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("model.gguf", b"GGUF" + b"\xff" * 64, "gguf_damaged"),
        ("config.json", b'{"auto_map": {"a": "b"}}', "model_unsafe"),
        ("adapter_config.json", b'{"base_model_name_or_path": "a/b"}', "model_adapter"),
        ("weights.npy", b"x", "model_unsafe"),
    ],
)
def test_what_is_refused_before_a_job(jupyter_server, tmp_path, name, content, wanted):
    (tmp_path / name).write_bytes(content)
    ask = {"path": str(tmp_path), "accept_risk": True}
    with jupyter_server.client() as client:
        answer = client.post("models/imports", json=ask)
        assert code(answer)[1] == wanted
        json.dumps(answer.json())


@pytest.mark.parametrize("path", ["/nowhere/at/all", "a\x00b"])
def test_nothing_there(jupyter_server, path):
    with jupyter_server.client() as client:
        answer = client.post("models/imports", json={"path": path})
        assert code(answer) == (422, "model_not_a_folder")
