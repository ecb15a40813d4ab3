"""All points as rows of steps, whatever the number of attempts and pieces."""

from __future__ import annotations

import math

import pytest

from jupyter_persian_ai.jobs import metrics_file, metrics_rows
from jupyter_persian_ai.jobs.metrics_file import Extent, Writer


def write(folder, points):
    folder.mkdir(exist_ok=True)
    writer = Writer(folder)
    for step, values in points:
        writer.append(step, values)
    writer.close()


def extent(folder, number=1, started=100.0, ended=200.0):
    return Extent(number, str(folder), metrics_file.count(folder), None, started, ended)


def flat(extents):
    return [row for piece in metrics_rows.rows(extents) for row in piece]


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000])
def test_a_step_is_one_row_wherever_a_piece_ends(tmp_path, monkeypatch, piece):
    monkeypatch.setattr(metrics_rows, "PIECE", piece)
    write(tmp_path, [(1, {"a": 1.0, "b": 2.0}), (1, {"c": 3.0}), (2, {"a": 4.0}), (5, {"b": 6.0})])
    found = flat([extent(tmp_path)])
    assert metrics_rows.names([extent(tmp_path)]) == ["a", "b", "c"]
    assert [(row.step, row.values) for row in found] == [
        (1, {0: 1.0, 1: 2.0, 2: 3.0}),
        (2, {0: 4.0}),
        (5, {1: 6.0}),
    ]


def test_a_later_attempt_replaces_from_its_first_step_on(tmp_path):
    first, second, third = (tmp_path / name for name in "123")
    write(first, [(step, {"loss": 1.0, "old": 1.0}) for step in range(10)])
    write(second, [(step, {"new": 2.0, "loss": 2.0}) for step in range(6, 9)])
    write(third, [(step, {"loss": 3.0}) for step in range(8, 11)])
    extents = [extent(first, 1), extent(second, 2, 200, 300), extent(third, 3, 300, 400)]
    assert metrics_rows.names(extents) == ["loss", "old", "new"]
    found = flat(extents)
    assert [row.step for row in found] == list(range(11))
    assert [row.values[0] for row in found] == [1.0] * 6 + [2.0] * 2 + [3.0] * 3
    assert found[6].values[2] == 2.0
    times = [row.time for row in found]
    assert times == sorted(times)
    assert (times[0], times[6], times[8]) == (100.0, 200.0, 300.0)


def test_what_is_not_a_number_stays(tmp_path):
    write(tmp_path, [(1, {"a": math.nan}), (2, {"a": math.inf})])
    found = flat([extent(tmp_path)])
    assert math.isnan(found[0].values[0])
    assert found[1].values[0] == math.inf


def test_nothing_yet(tmp_path):
    assert flat([]) == []
    assert flat([extent(tmp_path)]) == []
