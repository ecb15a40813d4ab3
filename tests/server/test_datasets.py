"""Datasets over HTTP: uploads, reading as a job, keeping, versions, what others may see."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import time

import pyarrow.parquet as pq
from sqlalchemy import select
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers import models as tokenizers_models

from jupyter_persian_ai.curation import staging
from jupyter_persian_ai.protocol.base import now
from jupyter_persian_ai.protocol.data import Model
from jupyter_persian_ai.store import jobs, models
from jupyter_persian_ai.store.schema import User


def multipart(name, content):
    head = (
        '--x\r\nContent-Disposition: form-data; name="file"; filename="' + name + '"\r\n'
        "Content-Type: text/plain\r\n\r\n"
    )
    return {
        "raw": head.encode() + content + b"\r\n--x--\r\n",
        "headers": {"Content-Type": "multipart/form-data; boundary=x"},
    }


async def ended(ask, job_id, state="completed", seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        job = (await ask("GET", f"datasets/jobs/{job_id}")).json
        if job["state"] in {"completed", "failed", "stopped"}:
            assert job["state"] == state, job
            return job
        await asyncio.sleep(0.05)
    raise AssertionError(job)


async def uploaded(ask, name="messy.jsonl", rows=30):
    lines = [json.dumps({"text": f"سلام دنيا {n} كتاب"}, ensure_ascii=False) for n in range(rows)]
    lines.insert(3, "{broken")
    answer = await ask("POST", "datasets/uploads", **multipart(name, "\n".join(lines).encode()))
    assert answer.status == 201, answer.text
    return answer.json


async def imported(ask, keep=True, **changes):
    upload = await uploaded(ask)
    asked = {"upload_id": upload["id"], "keep": keep, **changes}
    answer = await ask("POST", "datasets/imports", asked)
    assert answer.status == 202, answer.text
    return await ended(ask, answer.json["id"])


async def test_a_file_is_read_as_a_job_and_kept_once(ask):
    upload = await uploaded(ask)
    assert (upload["name"], upload["bytes"] > 100) == ("messy.jsonl", True)
    peek = await ask("POST", "datasets/peek", {"upload_id": upload["id"]})
    assert peek.status == 200, peek.text
    assert (peek.json["shape"], len(peek.json["rows"])) == ("text", 30)
    asked = {"upload_id": upload["id"], "name": "درهم"}
    key = {"Idempotency-Key": "k"}
    answer = await ask("POST", "datasets/imports", asked, headers=key)
    assert (answer.status, answer.json["kind"]) == (202, "dataset")
    again = await ask("POST", "datasets/imports", asked, headers=key)
    assert (again.status, again.json["id"]) == (200, answer.json["id"])
    job = await ended(ask, answer.json["id"])
    assert job["result"]["dataset_id"] is None
    assert job["result"]["report"]["stats"]["rows"] == 30
    rows = await ask("GET", f"datasets/jobs/{job['id']}/rows", offset=2, limit=2)
    assert rows.json["numbers"] == [2, 3]
    assert rows.json["rows"][0]["text"] == "سلام دنيا 2 كتاب"
    known = await ask("GET", f"datasets/jobs/{job['id']}/stats")
    assert known.json["rows"] == 30
    assert "arabic_letters" in {one["code"] for one in known.json["findings"]}
    problems = await ask("GET", f"datasets/jobs/{job['id']}/problems")
    assert (problems.json["total"], problems.json["codes"]) == (1, {"bad_json": 1})
    assert problems.json["items"][0]["line"] == 4
    table = await ask("GET", f"datasets/jobs/{job['id']}/problems.csv")
    told = list(csv.reader(io.StringIO(table.body.decode("utf-8-sig"))))
    assert [line[:3] for line in told] == [
        ["file", "line", "code"],
        ["messy.jsonl", "4", "bad_json"],
    ]
    kept = await ask("POST", f"datasets/jobs/{job['id']}/keep", {"name": "نام"})
    assert (kept.status, kept.json["name"], kept.json["version"]) == (201, "نام", 1)
    twice = await ask("POST", f"datasets/jobs/{job['id']}/keep", {})
    assert (twice.status, twice.json["id"]) == (201, kept.json["id"])
    assert len((await ask("GET", "datasets")).json["items"]) == 1
    told = await ask("GET", f"datasets/jobs/{job['id']}")
    assert told.json["result"]["dataset_id"] == kept.json["id"]
    # What was read can still be looked at through its job.
    rows = await ask("GET", f"datasets/jobs/{job['id']}/rows", limit=1)
    assert rows.json["total"] == 30
    problems = await ask("GET", f"datasets/jobs/{job['id']}/problems", code="other")
    assert problems.json["total"] == 0
    assert (await ask("DELETE", f"datasets/jobs/{job['id']}")).status == 204
    assert (await ask("GET", f"datasets/{kept.json['id']}/preview")).json["total"] == 30


async def test_an_import_that_is_to_be_kept_becomes_a_dataset_by_itself(ask):
    job = await imported(ask, name="خودش")
    dataset = await ask("GET", f"datasets/{job['result']['dataset_id']}")
    assert (dataset.status, dataset.json["name"], dataset.json["source"]) == (200, "خودش", "upload")
    versions = await ask("GET", f"datasets/{dataset.json['id']}/versions")
    assert [one["number"] for one in versions.json["items"]] == [1]


async def version(ask, dataset_id, *steps, **changes):
    asked = {"steps": list(steps), **changes}
    answer = await ask("POST", f"datasets/{dataset_id}/versions", asked)
    assert answer.status == 202, answer.text
    return await ended(ask, answer.json["id"])


async def test_a_version_is_made_by_steps_and_remembers_them(ask):
    job = await imported(ask)
    dataset = f"datasets/{job['result']['dataset_id']}"
    steps = [{"kind": "normalise", "recipe": {}}, {"kind": "filter", "contains": "2"}]
    tried = await ask("POST", f"{dataset}/versions/preview", {"steps": steps})
    assert tried.status == 200, tried.text
    assert [count["rows_out"] for count in tried.json["counts"]] == [30, 12]
    done = await version(ask, job["result"]["dataset_id"], *steps, note="پاک")
    assert (done["recipe"], done["result"]["number"]) == ("version", 2)
    assert [count["kind"] for count in done["result"]["counts"]] == ["normalise", "filter"]
    two, one = (await ask("GET", f"{dataset}/versions")).json["items"]
    assert (two["number"], two["note"], two["parent_number"]) == (2, "پاک", 1)
    assert two["recipe"][0]["recipe"] == two["normaliser"]
    assert one["normaliser"] is None
    now = (await ask("GET", dataset)).json
    assert (now["version"], now["report"]["stats"]["rows"]) == (2, 12)
    assert now["normaliser"] == two["normaliser"]
    rows = (await ask("GET", f"{dataset}/preview", limit=1)).json
    assert (rows["total"], rows["rows"][0]["text"]) == (12, "سلام دنیا ۲ کتاب")
    before = (await ask("GET", f"{dataset}/preview", limit=1, version=1)).json
    assert (before["total"], before["rows"][0]["text"]) == (30, "سلام دنيا 0 كتاب")
    stats = (await ask("GET", f"{dataset}/stats", version=1)).json
    assert (stats["rows"], {found["code"] for found in stats["findings"]}) == (
        30,
        {"arabic_letters"},
    )
    assert (await ask("GET", f"{dataset}/stats")).json["findings"] == []
    row = (await ask("GET", f"{dataset}/rows/7", version=1)).json
    assert (row["number"], row["row"]["text"]) == (7, "سلام دنيا 7 كتاب")
    assert {found["code"] for found in row["findings"]} == {"arabic_letters"}
    assert (await ask("GET", f"{dataset}/rows/30", version=1)).status == 404
    # A step later than the first begins where it is told to.
    few = {"kind": "sample", "rows": 5}
    again = await version(ask, job["result"]["dataset_id"], few, version=1)
    assert again["result"]["number"] == 3
    assert (await ask("DELETE", f"{dataset}/versions/3")).status == 204
    assert (await ask("GET", f"{dataset}/versions/3")).status == 404
    assert (await ask("GET", dataset)).json["version"] == 2


async def test_steps_that_fail_leave_nothing(ask):
    job = await imported(ask)
    dataset = job["result"]["dataset_id"]
    asked = {"steps": [{"kind": "filter", "contains": "نیست"}]}
    tried = await ask("POST", f"datasets/{dataset}/versions", asked)
    failed = await ended(ask, tried.json["id"], "failed")
    assert failed["error"]["code"] == "dataset_step"
    assert len((await ask("GET", f"datasets/{dataset}/versions")).json["items"]) == 1
    asked = {"steps": [{"kind": "without", "dataset_id": "0" * 20}]}
    assert (await ask("POST", f"datasets/{dataset}/versions", asked)).status == 404
    assert (await ask("POST", f"datasets/{dataset}/versions/preview", asked)).status == 404
    for bad in ({}, {"steps": []}, {"steps": [{"kind": "x"}]}, {"steps": [{}] * 30}, []):
        for path in ("versions", "versions/preview"):
            assert (await ask("POST", f"datasets/{dataset}/{path}", bad)).status == 422, bad


async def test_a_split_gives_datasets_of_their_own(ask):
    job = await imported(ask, name="همه")
    dataset = job["result"]["dataset_id"]
    asked = {"parts": {"train": 0.8, "test": 0.2}, "seed": 1}
    answer = await ask("POST", f"datasets/{dataset}/split", asked)
    assert answer.status == 202, answer.text
    done = await ended(ask, answer.json["id"])
    parts = done["result"]["datasets"]
    assert [part["part"] for part in parts] == ["train", "test"]
    assert sum(part["rows"] for part in parts) == 30
    for part in parts:
        made = (await ask("GET", f"datasets/{part['id']}")).json
        assert (made["name"], made["parent_id"]) == (f"همه · {part['part']}", dataset)
        assert made["report"]["stats"]["rows"] == part["rows"]
    users = (await ask("GET", f"datasets/{dataset}/users")).json
    assert set(users["datasets"]) == {"همه · train", "همه · test"}
    leak = await ask(
        "POST", f"datasets/{dataset}/leakage", {"other_id": parts[1]["id"], "near": False}
    )
    assert leak.status == 200, leak.text
    assert (leak.json["rows"], leak.json["exact"]) == (30, parts[1]["rows"])
    found = await ask("GET", f"datasets/{dataset}/stats")
    assert {"leak": parts[1]["rows"]}.items() <= {
        one["code"]: one["rows"] for one in found.json["findings"]
    }.items()
    for bad in ({"a": 1}, {"a": 0.5, "b": 0.6}, {"a": -1, "b": 2}, {"": 0.5, "b": 0.5}):
        answer = await ask("POST", f"datasets/{dataset}/split", {"parts": bad})
        assert answer.status == 422, bad
    # The whole goes; its parts stay.
    assert (await ask("DELETE", f"datasets/{dataset}")).status == 204
    assert (await ask("GET", f"datasets/{parts[0]['id']}/preview")).json["total"] > 20


async def test_near_duplicates_are_marked(ask):
    job = await imported(ask)
    dataset = job["result"]["dataset_id"]
    assert not (await ask("GET", f"datasets/{dataset}/stats")).json["near_duplicates_known"]
    answer = await ask("POST", f"datasets/{dataset}/near-duplicates")
    again = await ask("POST", f"datasets/{dataset}/near-duplicates")
    assert (answer.status, again.status) == (202, 200)
    assert again.json["id"] == answer.json["id"]
    done = await ended(ask, answer.json["id"])
    assert done["result"]["rows"] == 30
    assert (await ask("GET", f"datasets/{dataset}/stats")).json["near_duplicates_known"]


async def test_deleting_says_who_needs_it(ask, service, monkeypatch, data_dir):
    job = await imported(ask)
    dataset = job["result"]["dataset_id"]
    monkeypatch.setattr(service.supervisor, "_launch_waiting", lambda: None)
    asked = {"steps": [{"kind": "clean"}]}
    waiting = (await ask("POST", f"datasets/{dataset}/versions", asked)).json
    for path in (f"datasets/{dataset}", f"datasets/{dataset}/versions/1"):
        for force in ({}, {"force": "1"}):
            answer = await ask("DELETE", path, **force)
            assert answer.status == 409, answer.text
            assert answer.json["error"]["details"]["waiting"] == [waiting["name"]]
    users = (await ask("GET", f"datasets/{dataset}/users")).json
    assert users["waiting"] == [waiting["name"]]
    assert (await ask("POST", f"datasets/jobs/{waiting['id']}/stop")).json["state"] == "stopped"

    def stopped_training(session):
        user = session.scalar(select(User.id))
        job, _ = jobs.submit(
            session, user, kind="training", recipe="pretrain", name="ناتمام", options={},
            inputs={"dataset_id": dataset}, idempotency_key=None, root_id="elsewhere",
        )  # fmt: skip
        jobs.request_stop(session, user, job.id)

    await service.store.awrite(stopped_training)
    answer = await ask("DELETE", f"datasets/{dataset}")
    assert (answer.status, answer.json["error"]["details"]["force"]) == (409, True)
    assert "ناتمام" in answer.json["error"]["message_fa"]
    assert (await ask("DELETE", f"datasets/{dataset}", force="1")).status == 204
    assert list((data_dir / "datasets").iterdir()) == []


async def test_content_stays_as_long_as_somebody_has_it(ask, data_dir):
    one, two = await imported(ask), await imported(ask)
    assert one["result"]["sha256"] == two["result"]["sha256"]
    assert len(list((data_dir / "datasets").iterdir())) == 1
    assert (await ask("DELETE", f"datasets/{one['result']['dataset_id']}")).status == 204
    preview = await ask("GET", f"datasets/{two['result']['dataset_id']}/preview")
    assert preview.json["total"] == 30
    # What was deleted cannot be kept again of the job: it is gone with the dataset.
    again = await ask("POST", f"datasets/jobs/{one['id']}/keep", {})
    assert again.status == 201  # ... but for who still has the very same content
    assert (await ask("DELETE", f"datasets/{two['result']['dataset_id']}")).status == 204
    assert (await ask("DELETE", f"datasets/{again.json['id']}")).status == 204
    assert list((data_dir / "datasets").iterdir()) == []
    assert (await ask("POST", f"datasets/jobs/{one['id']}/keep", {})).status == 409


async def test_two_keeps_at_once_give_one_dataset(ask):
    job = await imported(ask, keep=False)
    kept = await asyncio.gather(
        *(ask("POST", f"datasets/jobs/{job['id']}/keep", {}) for _ in range(5))
    )
    assert {answer.status for answer in kept} == {201}
    assert len({answer.json["id"] for answer in kept}) == 1
    assert len((await ask("GET", "datasets")).json["items"]) == 1


async def test_what_is_not_read_cannot_be_kept(ask, service, monkeypatch):
    monkeypatch.setattr(service.supervisor, "_launch_waiting", lambda: None)
    upload = await uploaded(ask)
    job = (await ask("POST", "datasets/imports", {"upload_id": upload["id"]})).json
    for verb, path in (("POST", "keep"), ("GET", "rows")):
        answer = await ask(verb, f"datasets/jobs/{job['id']}/{path}")
        assert answer.status == 409, answer.text
    assert (await ask("GET", f"datasets/jobs/{job['id']}/problems")).json["total"] == 0
    assert (await ask("DELETE", f"datasets/jobs/{job['id']}")).status == 409
    assert (await ask("POST", f"datasets/jobs/{job['id']}/stop")).status == 200
    assert (await ask("DELETE", f"datasets/jobs/{job['id']}")).status == 204


async def test_a_file_that_is_nothing_fails_its_job(ask, tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_bytes(b"{broken\n" * 3)
    job = (await ask("POST", "datasets/imports", {"path": str(file), "keep": True})).json
    failed = await ended(ask, job["id"], "failed")
    assert failed["error"]["code"] == "dataset_format"
    assert failed["error"]["details"]["line"] == 1
    assert (await ask("GET", "datasets")).json["items"] == []
    file.write_text('{"text": "سلام"}')
    assert (await ask("POST", f"datasets/jobs/{job['id']}/retry")).status == 200
    done = await ended(ask, job["id"])
    assert (await ask("GET", f"datasets/{done['result']['dataset_id']}")).status == 200


async def found(ask, path, **query):
    """All that a search finds: it is asked again until it is complete."""
    for _ in range(200):
        answer = await ask("GET", path, limit=5, **query)
        assert answer.status == 200, answer.text
        if answer.json["complete"]:
            assert answer.json["share"] == 1
            return answer.json
    raise AssertionError(answer.json)


async def test_rows_are_looked_for_by_words_and_by_findings(ask):
    job = await imported(ask)
    dataset = f"datasets/{job['result']['dataset_id']}"
    for path in (f"{dataset}/preview", f"datasets/jobs/{job['id']}/rows"):
        # Yeh and kaf of either kind, digits of either kind.
        told = await found(ask, path, q="کتاب")
        assert (told["total"], told["numbers"]) == (30, [0, 1, 2, 3, 4])
        told = await found(ask, path, q="۱۷")
        assert (told["numbers"], told["rows"][0]["text"]) == ([17], "سلام دنيا 17 كتاب")
        assert (await found(ask, path, q="نیست"))["total"] == 0
        told = await found(ask, path, finding="arabic_letters", offset=28)
        assert (told["total"], told["numbers"]) == (30, [28, 29])
        assert (await found(ask, path, finding="html"))["total"] == 0
        assert (await ask("GET", path, finding="nonsense")).status == 422


async def test_versions_are_compared(ask):
    job = await imported(ask)
    dataset = job["result"]["dataset_id"]
    await version(ask, dataset, {"kind": "normalise"}, {"kind": "filter", "lacks": "2"})
    diff = await ask("GET", f"datasets/{dataset}/diff", **{"from": "1", "to": "2", "limit": "4"})
    assert diff.status == 200, diff.text
    assert (diff.json["changed"], diff.json["dropped"], diff.json["added"]) == (18, 12, 0)
    assert len(diff.json["rows"]) == 4
    assert diff.json["rows"][2]["after"] is None
    back = await ask("GET", f"datasets/{dataset}/diff", **{"from": "2", "to": "1"})
    assert back.json["total"] == 18 + 30
    for bad in ({}, {"from": "1"}, {"from": "x", "to": "1"}, {"from": "0", "to": "1"}):
        assert (await ask("GET", f"datasets/{dataset}/diff", **bad)).status == 422
    gone = await ask("GET", f"datasets/{dataset}/diff", **{"from": "1", "to": "9"})
    assert gone.status == 404


async def test_a_version_is_taken_along_in_three_forms(ask, data_dir):
    job = await imported(ask, name="گنج")
    dataset = job["result"]["dataset_id"]
    plain = await ask("GET", f"datasets/{dataset}/download")
    assert json.loads(plain.text.splitlines()[0]) == {"text": "سلام دنيا 0 كتاب"}
    table = await ask("GET", f"datasets/{dataset}/download", format="csv", version=1)
    assert table.headers["Content-Type"].startswith("text/csv")
    assert len(list(csv.reader(io.StringIO(table.body.decode("utf-8-sig"))))) == 31
    packed = await ask("GET", f"datasets/{dataset}/download", format="parquet")
    assert packed.status == 200, packed.text
    assert pq.read_table(io.BytesIO(packed.body)).num_rows == 30
    assert not [path for path in (data_dir / "incoming").iterdir() if path.suffix == ".parquet"]
    assert (await ask("GET", f"datasets/{dataset}/download", format="exe")).status == 422
    assert (await ask("GET", f"datasets/{dataset}/download", version=2)).status == 404


async def test_tokenizers_and_figures(ask, service, tmp_path):
    job = await imported(ask)
    dataset = f"datasets/{job['result']['dataset_id']}"
    assert (await ask("GET", f"{dataset}/tokenizers")).json["items"] == []
    tokenizer = Tokenizer(tokenizers_models.WordLevel({"سلام": 0, "[UNK]": 1}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    for name in ("words", "broken", "none"):
        (tmp_path / name).mkdir()
    tokenizer.save(str(tmp_path / "words" / "tokenizer.json"))
    (tmp_path / "broken" / "tokenizer.json").write_text("{")
    user = await service.store.aread(lambda s: s.scalar(select(User.id)))

    def write(session):
        for name in ("words", "broken", "none"):
            path = str(tmp_path / name)
            model = Model(id=name * 4, name=name, source="path", path=path, created=now())
            models.insert(session, user, model)

    await service.store.awrite(write)
    told = (await ask("GET", f"{dataset}/tokenizers")).json["items"]
    assert [one["model_name"] for one in told] == ["words"]
    assert (told[0]["sampled_rows"], told[0]["unknown_tokens"]) == (30, 90)
    for name in ("lengths", "labels", "tokens"):
        item = await ask("GET", f"{dataset}/figures/{name}", lang="en", theme="dark")
        assert item.status == 200, item.text
        assert json.loads(item.text)["doc"]
    assert (await ask("GET", f"{dataset}/figures/other")).status == 404
    assert (await ask("GET", f"{dataset}/figures/lengths", lang="de")).status == 422


async def test_what_nobody_kept_goes_after_a_while(ask, data_dir):
    job = await imported(ask, keep=False)
    staging.sweep(data_dir)
    assert (await ask("GET", f"datasets/jobs/{job['id']}/rows")).json["total"] == 30
    staging.sweep(data_dir, older_than=-60)
    for verb, path in (("GET", "rows"), ("POST", "keep")):
        answer = await ask(verb, f"datasets/jobs/{job['id']}/{path}")
        assert answer.status == 409, answer.text
        assert "دوباره بخوانید" in answer.json["error"]["message_fa"]
    assert (await ask("GET", f"datasets/jobs/{job['id']}/problems")).json["total"] == 1


async def test_a_training_says_which_version_it_uses(
    ask, service, verses, tiny_options, tmp_path, monkeypatch
):
    file = tmp_path / "a.txt"
    file.write_text("\n".join(verses), "utf-8")
    dataset = (await ask("POST", "datasets", {"path": str(file)})).json
    await version(ask, dataset["id"], {"kind": "normalise"})
    now_is = (await ask("GET", f"datasets/{dataset['id']}")).json
    monkeypatch.setattr(service.supervisor, "_launch_waiting", lambda: None)
    asked = {"recipe": "pretrain", "dataset_id": dataset["id"], "options": tiny_options}
    for number, sha256 in ((1, dataset["sha256"]), (None, now_is["sha256"])):
        answer = await ask("POST", "training/jobs", {**asked, "dataset_version": number})
        assert answer.status == 201, answer.text
        inputs = answer.json["inputs"]
        assert (inputs["dataset_version"], inputs["dataset_sha256"]) == (number or 2, sha256)
        assert sha256 in inputs["dataset_path"]
    refused = await ask("DELETE", f"datasets/{dataset['id']}/versions/1")
    assert refused.status == 409
    assert len(refused.json["error"]["details"]["waiting"]) == 1
    missing = await ask("POST", "training/jobs", {**asked, "dataset_version": 7})
    assert missing.status == 404
