"""Bundles over HTTP: packed, fetched, sent back in parts, looked at, taken in, given up."""

import hashlib
import json
import secrets
import shutil
from pathlib import Path

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


def test_a_part_is_fetched_in_stretches(client, wait_for, model):
    job = packed(client, wait_for, subject="model", id=model["id"])
    (part,) = job["result"]["parts"]
    assert part["name"].endswith(".tar")
    path = f"bundles/{job['id']}/parts/{part['name']}"
    whole = client.get(path)
    assert whole.status_code == 200
    assert hashlib.sha256(whole.content).hexdigest() == part["sha256"]
    assert whole.headers["Accept-Ranges"] == "bytes"
    size, tag = part["bytes"], whole.headers["ETag"]
    for asked, begin, end in [
        ("bytes=0-0", 0, 1),
        ("bytes=100-1099", 100, 1100),
        (f"bytes={size - 5}-", size - 5, size),
        (f"bytes=10-{size + 10**6}", 10, size),
        ("bytes=-7", size - 7, size),
        (f"bytes=-{size * 2}", 0, size),
    ]:
        answer = client.get(path, headers={"Range": asked, "If-Range": tag})
        assert answer.status_code == 206, asked
        assert answer.headers["Content-Range"] == f"bytes {begin}-{end - 1}/{size}"
        assert answer.content == whole.content[begin:end]
    beyond = client.get(path, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
    for headers in ({"Range": "bytes=1-2,4-5"}, {"Range": "rows=1-2"},
                    {"Range": "bytes=5-", "If-Range": '"another"'}):  # fmt: skip
        assert client.get(path, headers=headers).content == whole.content


def test_deleting_the_job_takes_its_parts_in_the_data_root(
    client, wait_for, model, jupyter_server, tmp_path
):
    job = packed(client, wait_for, subject="model", id=model["id"])
    ours = jupyter_server.data_dir / "bundles" / job["id"]
    path = f"bundles/{job['id']}"
    assert [entry.name for entry in ours.iterdir()] == [
        part["name"] for part in job["result"]["parts"]
    ]
    assert client.get(f"{path}/parts/config.json").status_code == 404
    assert client.get(f"{path}/parts/%2e%2e%2fdb.sqlite").status_code == 404
    assert client.delete(path).status_code == 204
    assert not ours.exists()
    assert client.get(path).status_code == 404

    job = packed(client, wait_for, subject="model", id=model["id"], folder=str(tmp_path))
    (kept,) = tmp_path.iterdir()
    assert client.delete(f"bundles/{job['id']}").status_code == 204
    assert kept.exists()


def send(client, path, upload_id=""):
    with path.open("rb") as handle:
        return client.post(
            "bundles/uploads", data={"upload_id": upload_id}, files={"file": (path.name, handle)}
        )


def test_parts_are_sent_one_by_one_and_taken_in(client, wait_for, model, tmp_path):
    packed(client, wait_for, subject="model", id=model["id"], part_bytes=MB, folder=str(tmp_path))
    parts = sorted(tmp_path.iterdir())
    told = send(client, parts[-1]).json()
    path = told["path"]
    assert told["parts"] == [parts[-1].name]
    look = client.post("bundles/look", json={"path": path})
    assert look.status_code == 422
    assert parts[0].name in look.json()["error"]["message"]
    send(client, parts[0], told["id"])
    look = client.post("bundles/look", json={"path": path}).json()
    assert not look["complete"]
    assert {part["name"] for part in look["parts"] if part["present"]} == {
        parts[0].name,
        parts[-1].name,
    }
    refused = client.post("bundles/imports", json={"path": path})
    assert refused.json()["error"]["code"] == "bundle_part_missing"
    for part in [parts[0], *parts]:  # one comes again: it replaces itself
        told = send(client, part, told["id"]).json()
    assert told["parts"] == [part.name for part in parts]
    assert told["bytes"] == sum(part.stat().st_size for part in parts)
    assert client.get(f"bundles/uploads/{told['id']}").json() == told
    done = taken_in(client, wait_for, path)
    assert done["state"] == "completed", done["error"]
    assert not Path(path).exists()
    assert client.get(f"bundles/uploads/{told['id']}").status_code == 404


def test_what_is_no_part_is_not_taken(client, tmp_path):
    def answer(name, upload_id=""):
        return client.post(
            "bundles/uploads", data={"upload_id": upload_id}, files={"file": (name, b"x")}
        )

    for name in ("a.txt", ".tar", "-a.tar", "a.tar.gz", "a.tar.1", "a b.tar", "نام.tar", "a\n.tar"):
        assert answer(name).status_code == 422, name
    told = answer("../../../../etc/a.tar").json()
    assert [path.name for path in Path(told["path"]).iterdir() if path.suffix == ".tar"] == [
        "a.tar"
    ]
    for unknown in ("0" * 20, "../incoming", "x"):
        assert answer("a.tar", unknown).status_code == 404
    assert client.delete(f"bundles/uploads/{told['id']}").status_code == 204
    assert not Path(told["path"]).exists()
    assert client.delete(f"bundles/uploads/{told['id']}").status_code == 404


def test_a_damaged_part_is_named_and_the_rest_is_kept(
    client, wait_for, model, jupyter_server, tmp_path
):
    packed(client, wait_for, subject="model", id=model["id"], part_bytes=MB, folder=str(tmp_path))
    last = max(tmp_path.iterdir())
    good = last.read_bytes()
    last.write_bytes(good[:-2000] + b"?" + good[-1999:])
    job = taken_in(client, wait_for, tmp_path)
    assert job["state"] == "failed"
    assert job["error"]["code"] == "bundle_damaged"
    assert last.name in job["error"]["message"]
    assert last.name in job["error"]["message_fa"]
    models = jupyter_server.data_dir / "models"
    assert not (models / job["id"]).exists()
    assert (models / f".{job['id']}.unpacking").is_dir()
    last.write_bytes(good)
    client.post(f"bundles/{job['id']}/resume")
    assert wait_for(lambda: client.get(f"models/{job['id']}").status_code == 200)
    assert not (models / f".{job['id']}.unpacking").exists()
    assert not (models / job["id"] / ".unpacked").exists()


def test_what_a_failed_one_left_goes_with_its_job(
    client, wait_for, model, jupyter_server, tmp_path
):
    packed(client, wait_for, subject="model", id=model["id"], part_bytes=MB, folder=str(tmp_path))
    last = max(tmp_path.iterdir())
    last.write_bytes(bytes(last.stat().st_size))
    job = taken_in(client, wait_for, tmp_path)
    assert job["state"] == "failed"
    assert client.delete(f"bundles/{job['id']}").status_code == 204
    assert not list((jupyter_server.data_dir / "models").glob(f"*{job['id']}*"))


def test_a_dataset_there_and_back(client, wait_for, tmp_path):
    file = tmp_path / "شعر.jsonl"
    lines = [json.dumps({"prompt": f"بیت {n}", "answer": "می‌خوانم"}) for n in range(500)]
    file.write_text("\n".join(lines), "utf-8")
    dataset = client.post("datasets", json={"path": str(file)}).json()
    steps = {"steps": [{"kind": "normalise", "recipe": {"repeated": True}}]}
    making = client.post(f"datasets/{dataset['id']}/versions", json=steps).json()
    wait_for(lambda: client.get(f"datasets/jobs/{making['id']}").json()["state"] == "completed")
    dataset = client.get(f"datasets/{dataset['id']}").json()
    job = packed(client, wait_for, subject="dataset", id=dataset["id"], version=2)
    path = job["result"]["path"]
    bundle = client.post("bundles/look", json={"path": path}).json()
    assert (bundle["subject"], bundle["name"]) == ("dataset", dataset["name"])
    assert [file["name"] for file in bundle["files"]] == ["rows.jsonl"]
    assert bundle["files"][0]["sha256"] == dataset["sha256"]
    done = taken_in(client, wait_for, path)
    assert done["state"] == "completed", done["error"]
    there = client.get(f"datasets/{done['result']['dataset_id']}").json()
    assert there["sha256"] == dataset["sha256"]
    assert (there["shape"], there["source"]) == ("prompt_answer", "bundle")
    rows = client.get(f"datasets/{there['id']}/preview?limit=1").json()["rows"]
    assert rows == [{"prompt": "بیت ۰", "answer": "می‌خوانم"}]
    assert there["normaliser"] == dataset["normaliser"]
    assert there["normaliser"]["repeated"]


def test_what_cannot_be_asked(client, model, jupyter_server, tmp_path):
    file = tmp_path / "file"
    file.touch()
    ours = jupyter_server.data_dir / "models"
    ours.mkdir(exist_ok=True)
    for change, status in [
        ({"id": "nothing"}, 404),
        ({"version": 7}, 404),
        ({"subject": "dataset"}, 404),
        ({"part_bytes": 1}, 422),
        ({"part_bytes": -1}, 422),
        ({"folder": str(tmp_path / "absent")}, 422),
        ({"folder": str(file)}, 422),
        ({"folder": "relative"}, 422),
        ({"folder": "/\x00"}, 422),
        ({"folder": str(ours)}, 422),
        ({"folder": str(jupyter_server.data_dir)}, 422),
    ]:
        answer = client.post("bundles", json={"subject": "model", "id": model["id"]} | change)
        assert answer.status_code == status, (change, answer.text)
        assert answer.json()["error"]["message_fa"]
    for path in (
        str(jupyter_server.data_dir / "db.sqlite"),
        str(jupyter_server.data_dir),
        str(jupyter_server.data_dir / "bundles" / "incoming"),
        str(jupyter_server.data_dir / "bundles" / "incoming" / ("0" * 20)),
        str(jupyter_server.data_dir / "bundles" / ("0" * 20) / "a.tar"),
        str(tmp_path / "absent.tar"),
        str(file),
        "relative.tar",
        "/\x00.tar",
    ):
        answer = client.post("bundles/look", json={"path": path})
        assert answer.json()["error"]["code"] == "bundle_missing", (path, answer.text)


def test_a_model_that_has_gone_cannot_be_packed(client, folder, tmp_path):
    shutil.copytree(folder, tmp_path / "mine")
    model = client.post("models", json={"path": str(tmp_path / "mine")}).json()
    (tmp_path / "mine" / "model.safetensors").unlink()
    answer = client.post("bundles", json={"subject": "model", "id": model["id"]})
    assert answer.json()["error"]["code"] == "bundle_not_packable", answer.text
    shutil.rmtree(tmp_path / "mine")
    answer = client.post("bundles", json={"subject": "model", "id": model["id"]})
    assert answer.json()["error"]["code"] == "model_not_a_folder", answer.text


def test_one_key_is_one_job(client, wait_for, model, tmp_path):
    ask = {"subject": "model", "id": model["id"], "folder": str(tmp_path)}
    key = {"Idempotency-Key": secrets.token_hex(8)}
    first = client.post("bundles", json=ask, headers=key)
    again = client.post("bundles", json=ask, headers=key)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"]
    assert ended(client, wait_for, first.json())["state"] == "completed"
    assert len(list(tmp_path.iterdir())) == 1
    listed = client.get("bundles?state=completed").json()["items"]
    assert first.json()["id"] in {job["id"] for job in listed}
    assert {job["kind"] for job in listed} == {"bundle"}
