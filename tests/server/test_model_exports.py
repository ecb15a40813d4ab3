"""Merging and exporting over HTTP: asked for, done by a worker, taken away."""

from __future__ import annotations

import asyncio
import io
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
