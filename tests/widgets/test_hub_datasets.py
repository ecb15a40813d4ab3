"""`pai.datasets.load("owner/name")` against a small server that speaks the Hub's API."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import jupyter_persian_ai as pai
from jupyter_persian_ai import errors

_SPEC = importlib.util.spec_from_file_location(
    "hub_server", Path(__file__).parents[1] / "hub" / "hub_server.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
hub_server = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(hub_server)


def lines(*texts: str) -> bytes:
    rows = [json.dumps({"text": text}, ensure_ascii=False) for text in texts]
    return ("\n".join(rows) + "\n").encode()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, jupyter: Callable[..., Any]) -> Iterator[Any]:
    """A Hub with one dataset, and a service that asks it."""
    server = hub_server.HubServer()
    server.add(
        "someone/verses",
        kind="datasets",
        files={
            "README.md": "شعر".encode(),
            "data/train-00000.jsonl": lines("می‌روم تا دریا", "می‌آیم از کوه"),
            "data/train-00001.jsonl": lines("باران آمد"),
            "test.jsonl": lines("برف بارید"),
        },
    )
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    service = jupyter(environment={"HF_ENDPOINT": server.url})
    pai.connect(service.url, service.token)
    yield server
    pai.disconnect()
    server.close()


def test_all_of_it_a_split_or_named_files(hub: Any) -> None:
    whole = pai.datasets.load("someone/verses")
    assert (len(whole), whole.source, whole.name) == (4, "hub", "someone/verses")
    train = pai.datasets.load("someone/verses", split="train", name="آموزش")
    assert [row["text"] for row in train.preview()][-1] == "باران آمد"
    assert (len(train), train.name) == (3, "آموزش")
    assert len(pai.datasets.load("someone/verses", files=["test.jsonl"])) == 1
    with pytest.raises(errors.InvalidField, match="validation"):
        pai.datasets.load("someone/verses", split="validation")


def test_what_the_hub_does_not_give(hub: Any) -> None:
    with pytest.raises(errors.HubProblem):
        pai.datasets.load("someone/nothing")
    with pytest.raises(errors.HubProblem):
        pai.datasets.load("someone/nothing", split="train")
