"""Curves drawn through summaries show what curves drawn through the points would."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_persian_ai.jobs import metrics_file, metrics_summary
from jupyter_persian_ai.jobs.metrics_curve import curve
from jupyter_persian_ai.jobs.metrics_file import Extent, Writer
from jupyter_persian_ai.jobs.metrics_summary import BLOCK

NAMES = ["loss", "grad_norm", "eval_loss"]


def write(folder, steps, *, first=0, every=1000, value=lambda step: math.sin(step / 50)):
    """`steps` steps from `first` on: two metrics at each, the third now and then."""
    folder.mkdir(exist_ok=True)
    writer = Writer(folder)
    for step in range(first, first + steps):
        writer.append(step, {"loss": value(step), "grad_norm": step % 7})
        if step % every == 0:
            writer.append(step, {"eval_loss": float(step)})
    writer.close()


def extents(*folders):
    return [
        Extent(number, str(folder), metrics_file.count(folder), None)
        for number, folder in enumerate(folders, 1)
    ]


def drawn(folders, max_points, *, names=None, summaries=True):
    if not summaries:
        for folder in folders:
            (folder / metrics_summary.FILE).unlink()
    return {one.name: one for one in curve(extents(*folders), names, max_points)}


def test_a_summary_stands_for_each_full_block_and_metric(tmp_path):
    write(tmp_path, 3 * BLOCK, every=10_000)
    found, blocks = metrics_summary.read(tmp_path, metrics_file.count(tmp_path))
    assert blocks == 6
    assert found["count"].sum() == 6 * BLOCK
    records = metrics_file.mapped(tmp_path, BLOCK)
    loss = records[records["name"] == 0]
    mine = found[(found["block"] == 0) & (found["name"] == 0)][0]
    assert (mine["first"], mine["last"]) == (loss["value"][0], loss["value"][-1])
    assert (mine["low"], mine["high"]) == (loss["value"].min(), loss["value"].max())
    assert mine["low_step"] == loss["step"][loss["value"].argmin()]
    assert mine["high_step"] == loss["step"][loss["value"].argmax()]


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 4000), min_size=1, max_size=3),
    backs=st.lists(st.integers(0, 3000), min_size=3, max_size=3),
    max_points=st.sampled_from([4, 10, 40, 100, 1000]),
    spikes=st.lists(st.integers(0, 8000), max_size=4),
    gaps=st.lists(st.integers(0, 8000), max_size=2),
)
def test_extremes_ends_gaps_and_counts_are_those_of_the_points(
    tmp_path_factory, sizes, backs, max_points, spikes, gaps
):
    root = tmp_path_factory.mktemp("m")
    special = {**{step: 1000.0 + step for step in spikes}, **dict.fromkeys(gaps, math.nan)}
    whole: dict[int, float] = {}
    folders, begin = [], 0
    for number, (size, back) in enumerate(zip(sizes, backs, strict=False)):
        begin = max(0, begin - back) if number else 0
        folders.append(root / str(number))
        write(
            folders[-1],
            size,
            first=begin,
            value=lambda step, n=number: special.get(step, math.sin(step / 50) + n),
        )
        whole = {step: value for step, value in whole.items() if step < begin}
        for step in range(begin, begin + size):
            whole[step] = special.get(step, math.sin(step / 50) + number)
        begin += size
    found = drawn(folders, max_points)["loss"]
    assert found.count == len(whole)
    assert found.steps == sorted(set(found.steps))
    assert (found.steps[0], found.steps[-1]) == (min(whole), max(whole))
    assert len(found.steps) <= max_points + 12 * len(folders)
    for step, value in zip(found.steps, found.values, strict=True):
        assert value == (whole[step] if math.isfinite(whole[step]) else None)
    finite = [value for value in whole.values() if math.isfinite(value)]
    if finite:
        shown = [value for value in found.values if value is not None]
        assert (min(shown), max(shown)) == (min(finite), max(finite))
    assert (None in found.values) == (len(finite) < len(whole))


def test_a_metric_that_is_rare_is_shown_whole(tmp_path):
    write(tmp_path, 60_000, every=500)
    found = drawn([tmp_path], 200)
    assert found["eval_loss"].steps == list(range(0, 60_000, 500))
    assert found["loss"].count == 60_000
    assert len(found["loss"].steps) <= 210


def test_without_a_sidecar_the_points_are_read(tmp_path):
    write(tmp_path, 20_000)
    through = drawn([tmp_path], 100)
    plain = drawn([tmp_path], 100, summaries=False)
    assert list(through) == list(plain) == NAMES
    for name in NAMES:
        assert through[name].count == plain[name].count
        assert min(through[name].values) == min(plain[name].values)
        assert max(through[name].values) == max(plain[name].values)


@pytest.mark.parametrize("damage", ["torn", "zeroed", "short", "gone ahead"])
def test_a_damaged_sidecar_is_used_only_as_far_as_it_is_sound(tmp_path, damage):
    write(tmp_path, 20_000)
    plain = curve(extents(tmp_path), ["loss"], 50_000)[0]
    path = tmp_path / metrics_summary.FILE
    data = path.read_bytes()
    middle = len(data) // 128 * 64
    broken = {
        "torn": data[: middle + 17],
        "zeroed": data[:middle] + bytes(len(data) - middle),
        "short": b"",
        "gone ahead": data + data[-128:],
    }
    path.write_bytes(broken[damage])
    found = curve(extents(tmp_path), ["loss"], 100)[0]
    assert (found.count, found.steps[-1]) == (20_000, 19_999)
    assert min(found.values) == min(plain.values)
    assert max(found.values) == max(plain.values)


def test_a_second_writer_mends_the_sidecar(tmp_path):
    write(tmp_path, 5000)
    path = tmp_path / metrics_summary.FILE
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    metrics_file.append(tmp_path, 5000, {"loss": 1.0})
    assert path.read_bytes() == whole


def test_a_second_writer_does_not_build_on_a_torn_record(tmp_path):
    write(tmp_path, 10)
    with (tmp_path / metrics_file.FILE).open("ab") as file:
        file.write(b"\x01\x02\x03")
    metrics_file.append(tmp_path, 10, {"loss": 5.0})
    points = metrics_file.read(tmp_path, 0, metrics_file.count(tmp_path))
    assert points[-1] == ("loss", 10, 5.0)


def test_only_what_was_ingested_is_drawn_from_summaries_too(tmp_path):
    write(tmp_path, 20_000, every=10**6, value=float)
    found = curve([Extent(1, str(tmp_path), 10_000, 0)], ["loss"], 50)
    assert (found[0].count, found[0].steps[-1]) == (5000, 4999)


def test_steps_that_go_back_are_sorted_by_the_points(tmp_path):
    writer = Writer(tmp_path)
    for step in [*range(2000), *range(1000, 3000)]:
        writer.append(step, {"loss": float(step)})
    writer.close()
    found = drawn([tmp_path], 20)["loss"]
    assert found.count == 3000
    assert found.steps == sorted(set(found.steps))


def test_a_spike_among_a_million_of_six_metrics_is_seen(tmp_path):
    steps = np.arange(1_000_000)
    records = np.zeros((len(steps), 6), metrics_file.RECORD)
    records["name"] = np.arange(6)
    records["step"] = steps[:, None]
    records["value"] = np.sin(steps / 1e5)[:, None]
    records["value"][123_456, 3] = 50.0
    records["value"][654_321, 3] = math.nan
    flat = records.reshape(-1)
    flat.tofile(tmp_path / metrics_file.FILE)
    (tmp_path / metrics_file.NAMES).write_text("a\nb\nc\nd\ne\nf\n")
    Writer(tmp_path).close()  # makes the sidecar
    found = drawn([tmp_path], 2000, names=["d"])["d"]
    assert found.count == 1_000_000
    assert len(found.steps) <= 2002
    assert found.steps[found.values.index(50.0)] == 123_456
    assert found.steps[found.values.index(None)] == 654_321
