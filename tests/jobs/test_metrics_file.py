"""Points are all kept; curves keep what a screen can show."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_persian_ai.jobs import metrics_file
from jupyter_persian_ai.jobs.metrics_curve import curve
from jupyter_persian_ai.jobs.metrics_file import Extent, Writer


def write(folder, points):
    folder.mkdir(exist_ok=True)
    writer = Writer(folder)
    for step, values in points:
        writer.append(step, values)
    writer.close()
    return metrics_file.count(folder)


def extent(folder, attempt=1):
    return Extent(attempt, str(folder), metrics_file.count(folder), None)


def series(*folders, names=None, max_points=1000):
    extents = [extent(folder, n) for n, folder in enumerate(folders, 1)]
    return {one.name: one for one in curve(extents, names, max_points)}


def test_points_come_back_as_they_were(tmp_path):
    points = [(1, {"loss": 2.5, "خطا": 1e-300}), (2, {"loss": math.nan}), (2**32 - 1, {"a b": 0.1})]
    assert write(tmp_path, points) == 4
    assert metrics_file.read(tmp_path, 0, 4) == [
        ("loss", 1, 2.5),
        ("خطا", 1, 1e-300),
        ("loss", 2, None),
        ("a b", 2**32 - 1, 0.1),
    ]
    assert metrics_file.read(tmp_path, 1, 1) == [("خطا", 1, 1e-300)]
    assert metrics_file.read(tmp_path, 0, 0) == []
    assert (tmp_path / "metrics.bin").stat().st_size == 4 * 16


def test_a_second_writer_goes_on_with_the_same_names(tmp_path):
    write(tmp_path, [(1, {"a": 1.0, "b": 2.0})])
    metrics_file.append(tmp_path, 2, {"b": 3.0, "c": 4.0})
    assert metrics_file.read(tmp_path, 0, 4)[2:] == [("b", 2, 3.0), ("c", 2, 4.0)]
    assert (tmp_path / "metrics.names").read_text() == "a\nb\nc\n"


def test_nothing_there_yet(tmp_path):
    assert metrics_file.count(tmp_path) == 0
    assert metrics_file.read(tmp_path, 0, 5) == []
    assert curve([Extent(1, str(tmp_path), 5, None)], None, 100) == []


@pytest.mark.parametrize(("step", "name"), [(-1, "a"), (2**32, "a"), (1, ""), (1, "a\nb")])
def test_what_cannot_be_kept_is_refused(tmp_path, step, name):
    writer = Writer(tmp_path)
    with pytest.raises(ValueError, match=r"step|metric"):
        writer.append(step, {name: 1.0})
    writer.close()
    assert metrics_file.count(tmp_path) == 0


def test_a_torn_record_does_not_count(tmp_path):
    write(tmp_path, [(1, {"a": 1.0})])
    with (tmp_path / "metrics.bin").open("ab") as file:
        file.write(b"\x00" * 7)
    assert metrics_file.count(tmp_path) == 1
    assert series(tmp_path)["a"].values == [1.0]


def test_a_later_attempt_replaces_from_its_first_step_on(tmp_path):
    first, second = tmp_path / "1", tmp_path / "2"
    write(first, [(n, {"loss": float(n), "old": 1.0}) for n in range(1, 11)])
    write(second, [(n, {"loss": -float(n)}) for n in range(6, 13)])
    curves = series(first, second)
    assert curves["loss"].steps == list(range(1, 13))
    assert curves["loss"].values == [1, 2, 3, 4, 5, -6, -7, -8, -9, -10, -11, -12]
    assert curves["old"].steps == [1, 2, 3, 4, 5]
    fresh = tmp_path / "3"
    write(fresh, [(1, {"loss": 9.0})])
    assert series(first, second, fresh)["loss"].steps == [1]


def test_only_what_was_ingested_is_shown(tmp_path):
    write(tmp_path, [(n, {"a": 1.0}) for n in range(10)])
    (found,) = curve([Extent(1, str(tmp_path), 4, 0)], None, 100)
    assert found.steps == [0, 1, 2, 3]


def test_a_metric_given_twice_at_a_step_counts_once(tmp_path):
    write(tmp_path, [(1, {"a": 1.0}), (2, {"a": 2.0}), (2, {"a": 3.0}), (1, {"a": 4.0})])
    assert series(tmp_path)["a"].steps == [1, 2]
    assert series(tmp_path)["a"].values == [4.0, 3.0]


def test_chosen_names(tmp_path):
    write(tmp_path, [(1, {"a": 1.0, "b": 2.0, "c": 3.0})])
    assert set(series(tmp_path, names=["a", "c", "none"])) == {"a", "c"}


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(
        st.floats(width=32) | st.just(math.nan) | st.just(math.inf), min_size=1, max_size=400
    ),
    max_points=st.integers(4, 120),
)
def test_thinning_keeps_ends_extremes_and_gaps(tmp_path_factory, values, max_points):
    folder = tmp_path_factory.mktemp("m")
    write(folder, [(n, {"a": value}) for n, value in enumerate(values)])
    curve = series(folder, max_points=max_points)["a"]
    assert curve.count == len(values)
    assert len(curve.steps) == len(curve.values)
    assert len(curve.steps) <= max(max_points + 2, 5)
    assert curve.steps == sorted(set(curve.steps))
    assert (curve.steps[0], curve.steps[-1]) == (0, len(values) - 1)
    for step, value in zip(curve.steps, curve.values, strict=True):
        kept = values[step]
        assert value == (kept if math.isfinite(kept) else None)
    finite = [value for value in values if math.isfinite(value)]
    if finite:
        shown = [value for value in curve.values if value is not None]
        assert (min(shown), max(shown)) == (min(finite), max(finite))
    assert (None in curve.values) == (len(finite) < len(values))


def test_a_spike_among_a_million_is_seen(tmp_path):
    records = np.zeros(1_000_000, metrics_file.RECORD)
    records["step"] = np.arange(1_000_000)
    records["value"] = np.sin(np.arange(1_000_000) / 1e5)
    records["value"][123_456] = 50.0
    records["value"][654_321] = -50.0
    records.tofile(tmp_path / "metrics.bin")
    (tmp_path / "metrics.names").write_text("loss\n")
    curve = series(tmp_path)["loss"]
    assert curve.count == 1_000_000
    assert len(curve.steps) <= 1002
    assert curve.steps[curve.values.index(50.0)] == 123_456
    assert curve.steps[curve.values.index(-50.0)] == 654_321
