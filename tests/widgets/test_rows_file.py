"""What is in a notebook's memory, as lines of JSON: every kind of it, and a row at a time."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jupyter_persian_ai import errors
from jupyter_persian_ai.widgets import rows_file


def written(data: Any, folder: Path) -> list[dict[str, Any]]:
    path = folder / "rows.jsonl"
    rows_file.write(data, path)
    return [json.loads(line) for line in path.read_bytes().decode().split("\n") if line]


def test_strings_mappings_and_what_numpy_gives(tmp_path: Path) -> None:
    assert written(["می‌روم", "سطر\u2028دو"], tmp_path) == [
        {"text": "می‌روم"},
        {"text": "سطر\u2028دو"},
    ]
    day = datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC)
    row = {"text": "x", "label": np.int64(2), "tags": np.array([1, 2]), "day": day, "none": np.nan}
    assert written([row], tmp_path) == [
        {"text": "x", "label": 2, "tags": [1, 2], "day": str(day), "none": None}
    ]


def test_a_frame_piece_by_piece(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"text": [f"شعر {number}" for number in range(5001)], "score": [0.5, *[None] * 5000]}
    )
    rows = written(frame, tmp_path)
    assert len(rows) == 5001
    assert rows[0] == {"text": "شعر 0", "score": 0.5}
    assert rows[-1] == {"text": "شعر 5000", "score": None}
    assert written(frame[:0], tmp_path) == []
    assert written(pd.DataFrame({"text": ["\ud800"]}, dtype=object), tmp_path) == [
        {"text": "\ud800"}
    ]


def test_half_of_a_surrogate_pair_stays_what_it_is(tmp_path: Path) -> None:
    assert written([{"text": "الف\ud83d"}], tmp_path) == [{"text": "الف\ud83d"}]


def test_what_has_no_rows_is_refused(tmp_path: Path) -> None:
    twice = pd.DataFrame([["a", "b"]], columns=["text", "text"])
    for data in (7, b"bytes", {"text": "x"}, [1, 2], [["list"]], [{"text": b"x"}], twice):
        with pytest.raises(errors.InvalidField) as caught:
            written(data, tmp_path)
        assert caught.value.body.message_fa


def test_rows_are_not_gathered(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"

    def endless() -> Any:
        for number in range(100_000):
            if number == 50_000:  # most of what came before is on the disk already
                assert path.stat().st_size > 1_000_000
                return
            yield {"text": f"سطر شمارهٔ {number}"}

    rows_file.write(endless(), path)
    assert path.stat().st_size > 1_000_000


def test_a_dataset_of_the_datasets_package(tmp_path: Path) -> None:
    hub = pytest.importorskip("datasets")
    features = hub.Features(
        {
            "tokens": hub.Sequence(hub.Value("string")),
            "tags": hub.Sequence(hub.ClassLabel(names=["O", "B-LOC"])),
            "label": hub.ClassLabel(names=["منفی", "مثبت"]),
        }
    )
    rows = {"tokens": [["در", "شیراز"]], "tags": [[0, 1]], "label": [1]}
    data = hub.Dataset.from_dict(rows, features=features)
    assert rows_file.is_hub_dataset(data)
    assert written(data, tmp_path) == [
        {"tokens": ["در", "شیراز"], "tags": ["O", "B-LOC"], "label": "مثبت"}
    ]
    assert rows_file.is_dataset_dict(hub.DatasetDict(train=data))
    assert not rows_file.is_frame(data)
    streamed = data.to_iterable_dataset()
    assert written(streamed, tmp_path)[0]["label"] == "مثبت"
