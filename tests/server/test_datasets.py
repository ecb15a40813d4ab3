"""Datasets over HTTP: uploads, reading as a job, keeping, versions, what others may see."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import time



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
