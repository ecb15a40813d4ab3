"""Exports hold every point, as the programs that read them see it."""

from __future__ import annotations

import csv
import io
import math
import warnings
import zipfile

import pandas as pd
import pytest

from jupyter_persian_ai.jobs import metrics_file
from jupyter_persian_ai.jobs.metrics_file import Extent, Writer
from jupyter_persian_ai.services.exports import csv_pieces, safe_name, tensorboard_pieces

NAME = "غزل\u200cساز"


@pytest.fixture
def extents(tmp_path):
    """Two attempts; an evaluation every tenth step, one value that is not a number."""
    found = []
    for number, (first, last) in enumerate([(0, 3000), (2000, 5000)], 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        writer = Writer(folder)
        for step in range(first, last):
            loss = math.nan if step == 17 else 10.0 / (step + number)
            writer.append(step, {"loss": loss, "learning_rate": 1e-4 * step})
            if step % 10 == 0:
                writer.append(step, {"eval_loss": float(step)})
        writer.close()
        points = metrics_file.count(folder)
        found.append(Extent(number, str(folder), points, first, 1e9 * number, 1e9 * number + 100))
    return found


def expected(step):
    return 10.0 / (step + (1 if step < 2000 else 2))


def test_csv_has_a_line_a_step_and_full_precision(extents):
    frame = pd.read_csv(io.BytesIO(b"".join(csv_pieces(extents))))
    assert list(frame) == ["step", "loss", "learning_rate", "eval_loss"]
    assert frame["step"].tolist() == list(range(5000))
    assert math.isnan(frame["loss"][17])
    for step in (0, 1999, 2000, 4999):
        assert frame["loss"][step] == expected(step)
    assert frame["eval_loss"].notna().sum() == 500


def test_csv_of_nothing_has_its_heading():
    assert b"".join(csv_pieces([])) == b"step\n"


def test_no_name_of_a_column_is_a_formula(tmp_path):
    writer = Writer(tmp_path)
    writer.append(1, {"=cmd|' /C calc'!A0": 1.0, 'a,"b"': 2.0})
    writer.close()
    text = b"".join(csv_pieces([Extent(1, str(tmp_path), 2, None)])).decode()
    heading = next(csv.reader(io.StringIO(text)))
    assert heading == ["step", "'=cmd|' /C calc'!A0", 'a,"b"']


@pytest.mark.filterwarnings("ignore")  # TensorBoard's own dependencies warn
def test_tensorboard_itself_reads_every_point(extents, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorboard.backend.event_processing import event_accumulator

    data = b"".join(tensorboard_pieces(extents, NAME, "ab12"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == [f"{NAME}/events.out.tfevents.1000000000.ab12"]
        archive.extractall(tmp_path / "runs")
    accumulator = event_accumulator.EventAccumulator(
        str(tmp_path / "runs" / NAME), size_guidance={event_accumulator.SCALARS: 0}
    )
    accumulator.Reload()
    assert set(accumulator.Tags()["scalars"]) == {"loss", "learning_rate", "eval_loss"}
    loss = accumulator.Scalars("loss")
    assert [point.step for point in loss] == list(range(5000))
    assert math.isnan(loss[17].value)
    for step in (0, 1999, 2000, 4999):
        assert loss[step].value == pytest.approx(expected(step), rel=1e-6)
    assert (loss[0].wall_time, loss[2000].wall_time) == (1e9, 2e9)
    assert len(accumulator.Scalars("eval_loss")) == 500


@pytest.mark.parametrize(
    ("name", "safe"),
    [(NAME, NAME), ("../../etc", "-..-etc"), (" . ", "training"), ("a/b:c", "a-b-c")],
)
def test_a_name_is_one_that_files_may_have(name, safe):
    assert safe_name(name) == safe
