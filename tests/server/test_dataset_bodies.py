"""Bodies and queries that make no sense, at every route of datasets: never our own fault."""

from __future__ import annotations

import json
import random

import pytest

from jupyter_persian_ai.server.dataset_routes import DATASET_ROUTES

WORDS = [
    None, True, -1, 0, 1, 2**63, 2**70, 1.5, 1e308, "", "x", "\u202e", "\x00", "\ud800", "a" * 3000,
    [], {}, [[]], [None], {"": None}, "0" * 20, "../..", "text", "normalise", ["html"],
]  # fmt: skip
NAMES = [
    "version", "steps", "kind", "parts", "seed", "stratify", "other_id", "other_version", "near",
    "threshold", "name", "recipe", "drop", "codes", "rows", "dataset_id", "fields", "shape",
    "labels", "note", "min_words", "path", "sample", "keep", "upload_id", "encoding", "part",
]  # fmt: skip
KINDS = ["normalise", "filter", "dedupe", "map", "mask", "clean", "sample", "without", "part"]


@pytest.fixture
def dataset(ask, tmp_path, jp_asyncio_loop):
    file = tmp_path / "a.jsonl"
    rows = [{"text": f"سطر {n} <b>", "label": "نثر" if n % 2 else "نظم"} for n in range(20)]
    file.write_text("\n".join(json.dumps(row) for row in rows))

    async def make():
        answer = await ask("POST", "datasets", {"path": str(file)})
        assert answer.status == 201, answer.text
        return answer.json["id"]

    return jp_asyncio_loop.run_until_complete(make())


def nonsense(draw, depth=0):
    kind = draw.random()
    if kind < 0.4 or depth > 3:
        return draw.choice(WORDS)
    if kind < 0.5:
        return [nonsense(draw, depth + 1) for _ in range(draw.randrange(4))]
    if kind < 0.7:
        return {"kind": draw.choice(KINDS)} | {
            draw.choice(NAMES): nonsense(draw, depth + 1) for _ in range(draw.randrange(4))
        }
    return {draw.choice(NAMES): nonsense(draw, depth + 1) for _ in range(draw.randrange(5))}


def bodies(draw, path):
    if path.endswith(("versions", "versions/preview")):
        return {"steps": [nonsense(draw, 2) for _ in range(draw.randrange(1, 4))]}
    if path.endswith("split"):
        return {"parts": nonsense(draw, 2)}
    if path.endswith("leakage"):
        return {"other_id": "0" * 20, "threshold": nonsense(draw, 3)}
    return nonsense(draw)


async def test_bodies(ask, service, dataset, monkeypatch):
    monkeypatch.setattr(service.supervisor, "_launch_waiting", lambda: None)
    draw = random.Random(7)  # the same nonsense every time
    paths = [
        route.path.replace("{dataset_id}", dataset).replace("{job_id}", "0" * 20)
        for route in DATASET_ROUTES
        if "post" in route.verbs and not route.path.endswith("validate")
    ]
    for path in paths:
        for _ in range(30):
            body = bodies(draw, path)
            answer = await ask("POST", path, raw=json.dumps(body).encode())
            assert answer.status < 500, (path, body, answer.text)


async def test_queries(ask, dataset):
    paths = [
        route.path.replace("{dataset_id}", dataset).replace("{number}", "1")
        for route in DATASET_ROUTES
        if "get" in route.verbs and "{job_id}" not in route.path
    ]
    for path in paths:
        for name in ("version", "offset", "limit", "from", "to", "finding", "format", "q", "lang"):
            for value in ("", "-1", "99999999999999999999", "0", "\u202e"):
                answer = await ask("GET", path.replace("{name}", "lengths"), **{name: value})
                assert answer.status < 500, (path, name, value, answer.text)
    for number in ("-1", "x", "1.5", "9" * 15, "9" * 30, "٣", "%00"):
        for path in ("rows", "versions"):
            answer = await ask("GET", f"datasets/{dataset}/{path}/{number}")
            assert answer.status == 404, (path, number, answer.text)
