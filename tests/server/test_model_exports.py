"""Merging and exporting over HTTP: asked for, done by a worker, taken away."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import zipfile

import pytest

ENDED = {"completed", "failed", "stopped"}


@pytest.fixture
def folder(tmp_path):
    """A model's folder, made on the spot."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from jupyter_persian_ai.training.tokenizer import train_tokenizer

    tokenizer = train_tokenizer(iter(["الا یا ایها الساقی ادر کاسا و ناولها"] * 4), 300, 64)
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=64,
    )
    place = tmp_path / "ready"
    LlamaForCausalLM(config).save_pretrained(place)
    tokenizer.save_pretrained(place)
    return place


async def ended(ask, job_id):
    """The job when it has ended, however long that takes."""
    while True:
        job = (await ask("GET", f"models/jobs/{job_id}")).json
        if job["state"] in ENDED:
            return job
        await asyncio.sleep(0.1)


async def test_exported_and_taken_away(ask, folder):
    model = (await ask("POST", "models", {"path": str(folder), "name": "غزل"})).json
    asked = {"recipe": "export", "model_id": model["id"], "dtype": "bfloat16"}
    answer = await ask("POST", "optimizations", asked, headers={"Idempotency-Key": "k"})
    assert answer.status == 202, answer.text
    again = await ask("POST", "optimizations", asked, headers={"Idempotency-Key": "k"})
    assert (again.status, again.json["id"]) == (200, answer.json["id"])
    early = await ask("GET", f"models/jobs/{answer.json['id']}/download")
    job = await ended(ask, answer.json["id"])
    assert early.status in {200, 409}
    assert job["state"] == "completed", job
    assert job["kind"] == "model"
    assert job["progress"]["done"] == job["progress"]["total"] > 0
    got = await ask("GET", f"models/jobs/{job['id']}/download")
    assert got.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(got.body)) as archive:
        assert archive.testzip() is None
        names = {name.split("/", 1)[1] for name in archive.namelist()}
        sizes = {one.filename.split("/", 1)[1]: one.file_size for one in archive.infolist()}
    assert {file["name"] for file in job["result"]["files"]} <= names
    assert all(sizes[file["name"]] == file["bytes"] for file in job["result"]["files"])
    assert len((await ask("GET", "models")).json["items"]) == 1, "an export is no model"
    await ask("DELETE", f"models/jobs/{job['id']}")
    assert (await ask("GET", f"models/jobs/{job['id']}/download")).status == 404


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"recipe": "prune"}, 422, "invalid_field"),
        ({"recipe": "export"}, 422, "invalid_field"),
        ({"recipe": "export", "model_id": "none"}, 404, "not_found"),
        ({"recipe": "merge", "model_id": "none", "adapter": "/"}, 404, "not_found"),
        ({"recipe": "merge", "model_id": "x", "adapter": "/x\0"}, 422, "model_not_a_folder"),
        ([], 422, "invalid_field"),
    ],
)
async def test_what_cannot_be_is_said_at_once(ask, body, status, code):
    answer = await ask("POST", "optimizations", body)
    assert (answer.status, answer.json["error"]["code"]) == (status, code), answer.text


async def test_merged_and_known_as_a_model(ask, folder, tmp_path, data_dir):
    """A merge over HTTP: a new model with its parent, its folder below the data root."""
    import torch
    from safetensors.torch import save_file

    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text(
        json.dumps(
            {
                "peft_type": "LORA",
                "r": 2,
                "lora_alpha": 4,
                "target_modules": ["q_proj"],
                "base_model_name_or_path": "کسی/دیگر",
            }
        )
    )
    layer = "base_model.model.model.layers.0.self_attn.q_proj"
    draw = torch.Generator().manual_seed(0)
    tensors = {
        f"{layer}.lora_A.weight": torch.randn(2, 32, generator=draw),
        f"{layer}.lora_B.weight": torch.randn(32, 2, generator=draw),
    }
    save_file(tensors, adapter / "adapter_model.safetensors")
    base = (await ask("POST", "models", {"path": str(folder), "name": "پایه"})).json
    asked = {"recipe": "merge", "model_id": base["id"], "adapter": str(adapter), "name": "ادغام"}
    refused = await ended(ask, (await ask("POST", "optimizations", asked)).json["id"])
    assert refused["state"] == "failed"
    assert refused["error"]["code"] == "adapter_unfit"
    answer = await ask("POST", "optimizations", asked | {"any_base": True})
    job = await ended(ask, answer.json["id"])
    assert job["state"] == "completed", job
    made = (await ask("GET", f"models/{job['result']['model_id']}")).json
    assert (made["name"], made["source"], made["parent_id"]) == ("ادغام", "merged", base["id"])
    assert made["path"] == str(data_dir / "models" / job["id"])
    lineage = (await ask("GET", f"models/{made['id']}/lineage")).json
    assert {node["kind"] for node in lineage["nodes"]} >= {"model", "job"}

    # What came of it goes on: as GGUF, one file, the rest of which is fetched after a cut.
    export = {"recipe": "export", "model_id": made["id"], "format": "gguf", "gguf_type": "q8_0"}
    done = await ended(ask, (await ask("POST", "optimizations", export)).json["id"])
    assert done["state"] == "completed", done
    where = f"models/jobs/{done['id']}/download"
    whole = await ask("GET", where)
    (file,) = done["result"]["files"]
    assert hashlib.sha256(whole.body).hexdigest() == file["sha256"]
    assert "q8_0.gguf" in whole.headers["Content-Disposition"]
    rest = await ask(
        "GET", where, headers={"Range": "bytes=1000-", "If-Range": whole.headers["ETag"]}
    )
    assert (rest.status, rest.body) == (206, whole.body[1000:])
    assert rest.headers["Content-Range"] == f"bytes 1000-{file['bytes'] - 1}/{file['bytes']}"
    other = await ask("GET", where, headers={"Range": "bytes=1000-", "If-Range": '"other"'})
    assert (other.status, other.body) == (200, whole.body)
    assert (await ask("GET", where, headers={"Range": "bytes=999999999-"})).status == 416
