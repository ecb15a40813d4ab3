"""Metrics: points kept per second, and milliseconds to a curve of a million points.

Run: `python tests/bench/metrics_store.py` with the `bench` extra. Ours against trackio, MLflow and
TensorBoard's own event writer, in this one run, on this disk, the same numbers for all.

*Kept* means that the points survive the death of the process that gave them (kill -9) when the
call returns; nobody here waits for the disk's own cache. Written twice: step by step, as training
does (six metrics a step), and in the largest batches that each peer has (ours has none and does
the same as before). trackio is measured at its storage, without its server and queue between;
MLflow at its tracking store on SQLite, its default. The rate per second of processor time (of the
whole process) is what a busy machine leaves unchanged.

*Drawn-ready* is JSON of about 2,000 points for 1,000 pixels, made by what each panel asks: ours by
the curve of the metrics route, trackio's and MLflow's by their sampling reads, TensorBoard's by
loading the run. A new step is logged before each reading, so that no cache answers; TensorBoard's
later looks are quick, as it keeps a sample in memory. One value of the million is a spike: whether
it is in the curve is said, too.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import math
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from measuring import median, spread, table

NAMES = ("loss", "learning_rate", "grad_norm", "tokens_per_second", "mfu", "memory_bytes")
SPIKE = 1e6
#: Points of a curve for 1,000 pixels: a lowest and a highest for each.
SHOWN = 2000


def values_of(step: int) -> dict[str, float]:
    """Six numbers that change at each step."""
    base = 1.0 / (1 + step) + 0.1 * math.sin(step)
    return {name: base + place for place, name in enumerate(NAMES)}


class Keeper(Protocol):
    """Something that keeps metrics; one run in one folder."""

    name: str

    def step(self, step: int, values: dict[str, float]) -> None:
        """Keep one step."""

    def batch(self, steps: Sequence[int], rows: Sequence[dict[str, float]]) -> None:
        """Keep several steps in the largest pieces that it takes."""

    def curve(self, metric: str) -> list[float]:
        """The values of a drawn-ready curve, after it was made into JSON."""

    def close(self) -> None:
        """Let everything go."""


class Ours:
    """The writer that workers use, and the curve of the metrics route."""

    name = "jupyter_persian_ai"

    def __init__(self, folder: Path) -> None:
        from jupyter_persian_ai.jobs.metrics_file import Writer

        self._folder = folder
        self._writer = Writer(folder)

    def step(self, step: int, values: dict[str, float]) -> None:
        self._writer.append(step, values)

    def batch(self, steps: Sequence[int], rows: Sequence[dict[str, float]]) -> None:
        for step, values in zip(steps, rows, strict=True):
            self._writer.append(step, values)

    def curve(self, metric: str) -> list[float]:
        from jupyter_persian_ai.jobs.metrics_curve import curve
        from jupyter_persian_ai.jobs.metrics_file import Extent, count
        from jupyter_persian_ai.protocol.jobs import Metrics

        extent = Extent(1, str(self._folder), count(self._folder), 0)
        answer = Metrics(job_id="j", seq=1, series=curve([extent], [metric], SHOWN))
        answer.model_dump_json()
        return [value for value in answer.series[0].values if value is not None]

    def close(self) -> None:
        self._writer.close()


class Trackio:
    """trackio's storage."""

    name = "trackio"

    def __init__(self, folder: Path) -> None:
        os.environ["TRACKIO_DIR"] = str(folder)
        from trackio import sqlite_storage, utils

        for module in (sqlite_storage, utils):
            if hasattr(module, "TRACKIO_DIR"):
                module.TRACKIO_DIR = folder
        self._storage = sqlite_storage.SQLiteStorage

    def step(self, step: int, values: dict[str, float]) -> None:
        self._storage.bulk_log("bench", "run", [values], steps=[step])

    def batch(self, steps: Sequence[int], rows: Sequence[dict[str, float]]) -> None:
        self._storage.bulk_log("bench", "run", list(rows), steps=list(steps))

    def curve(self, metric: str) -> list[float]:
        rows = self._storage.get_logs("bench", "run", max_points=SHOWN)
        points = [(row["step"], row[metric]) for row in rows if metric in row]
        json.dumps(points)
        return [value for _, value in points]

    def close(self) -> None:
        pass


class MLflow:
    """MLflow's tracking store on SQLite; a batch takes at most a thousand numbers."""

    name = "MLflow log_batch"

    def __init__(self, folder: Path) -> None:
        from mlflow import MlflowClient
        from mlflow.entities import Metric
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        address = f"sqlite:///{folder / 'mlflow.db'}"
        self._metric = Metric
        self._client = MlflowClient(tracking_uri=address)
        self._store = SqlAlchemyStore(address, str(folder / "artifacts"))
        experiment = self._client.create_experiment("bench")
        self._run = self._client.create_run(experiment).info.run_id

    def step(self, step: int, values: dict[str, float]) -> None:
        moment = int(time.time() * 1000)
        metrics = [self._metric(name, value, moment, step) for name, value in values.items()]
        self._client.log_batch(self._run, metrics=metrics)

    def batch(self, steps: Sequence[int], rows: Sequence[dict[str, float]]) -> None:
        moment = int(time.time() * 1000)
        metrics = [
            self._metric(name, value, moment, step)
            for step, values in zip(steps, rows, strict=True)
            for name, value in values.items()
        ]
        for begin in range(0, len(metrics), 1000):
            self._client.log_batch(self._run, metrics=metrics[begin : begin + 1000])

    def curve(self, metric: str) -> list[float]:
        found = self._store.get_metric_history_bulk_interval(
            run_ids=[self._run], metric_key=metric, max_results=SHOWN, start_step=None,
            end_step=None,
        )  # fmt: skip
        json.dumps([(one.step, one.value) for one in found])
        return [one.value for one in found]

    def close(self) -> None:
        self._store._dispose_engine()


class TensorBoard:
    """TensorBoard's own writer, flushed so that the points survive; and its loader."""

    name = "TensorBoard writer"

    def __init__(self, folder: Path) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self._event, self._summary, self._folder = Event, Summary, folder
        self._writer = EventFileWriter(str(folder), max_queue_size=10_000, flush_secs=3600)

    def _add(self, step: int, values: dict[str, float]) -> None:
        summary = self._summary(
            value=[
                self._summary.Value(tag=name, simple_value=value) for name, value in values.items()
            ]
        )
        self._writer.add_event(self._event(wall_time=time.time(), step=step, summary=summary))

    def step(self, step: int, values: dict[str, float]) -> None:
        self._add(step, values)
        self._writer.flush()

    def batch(self, steps: Sequence[int], rows: Sequence[dict[str, float]]) -> None:
        for step, values in zip(steps, rows, strict=True):
            self._add(step, values)
        self._writer.flush()

    def curve(self, metric: str) -> list[float]:
        from tensorboard.backend.event_processing import event_accumulator

        found = event_accumulator.EventAccumulator(
            str(self._folder), size_guidance={event_accumulator.SCALARS: SHOWN}
        )
        found.Reload()
        points = found.Scalars(metric)
        json.dumps([(point.step, point.value) for point in points])
        return [point.value for point in points]

    def close(self) -> None:
        self._writer.close()


KEEPERS: tuple[Callable[[Path], Keeper], ...] = (Ours, Trackio, MLflow, TensorBoard)


@contextlib.contextmanager
def opened(make: Callable[[Path], Keeper]) -> Iterator[Keeper]:
    """A keeper in a folder of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        keeper = make(Path(folder))
        try:
            yield keeper
        finally:
            keeper.close()


def rate(keeper: Keeper, seconds: float, first: int, size: int) -> tuple[float, float, int]:
    """Points kept per second and per second of processor time; and the next step.

    It is given `size` steps at a time for `seconds`.
    """
    step, begun = first, time.perf_counter()
    spent = busy = 0.0  # inside the keeper, without the making of the numbers
    while time.perf_counter() - begun < seconds:
        steps = range(step, step + size)
        rows = [values_of(n) for n in steps]
        clock, work = time.perf_counter(), time.process_time()
        if size == 1:
            keeper.step(step, rows[0])
        else:
            keeper.batch(steps, rows)
        spent += time.perf_counter() - clock
        busy += time.process_time() - work
        step += size
    points = (step - first) * len(NAMES)
    return points / spent, points / busy, step


Rates = tuple[list[float], list[float], list[float]]


def writing(make: Callable[[Path], Keeper], seconds: float, repeats: int) -> Rates:
    """Points per second step by step, the same of processor time, and in batches."""
    singly: list[float] = []
    working: list[float] = []
    together: list[float] = []
    with opened(make) as keeper:
        rate(keeper, seconds / 4, 0, 1)  # files made, statements prepared
        step = 1_000_000
        for _ in range(repeats):
            found, busy, step = rate(keeper, seconds, step, 1)
            singly.append(found)
            working.append(busy)
            found, _, step = rate(keeper, seconds, step, 1000)
            together.append(found)
    return singly, working, together


def reading(
    make: Callable[[Path], Keeper], points: int, names: Sequence[str], repeats: int
) -> tuple[list[float], bool]:
    """Milliseconds to a drawn-ready curve of `points` points, and whether it shows the spike."""
    with opened(make) as keeper:
        for begin in range(0, points, 10_000):
            steps = range(begin, min(points, begin + 10_000))
            rows = [{name: values_of(step)[name] for name in names} for step in steps]
            if begin <= points // 3 < begin + 10_000:
                rows[points // 3 - begin][names[0]] = SPIKE
            keeper.batch(steps, rows)
        times, seen = [], False
        for repeat in range(repeats + 1):
            keeper.step(points + repeat, dict.fromkeys(names, 0.5))
            begun = time.perf_counter()
            shown = keeper.curve(names[0])
            times.append((time.perf_counter() - begun) * 1000)
            seen = max(shown) == SPIKE
    return times[1:], seen  # the first loads modules


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=1_000_000, help="of the curve")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each writing")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.INFO)
    written: dict[str, Rates] = {}
    read: dict[str, tuple[list[float], bool]] = {}
    for make in KEEPERS:
        name = make.name  # type: ignore[attr-defined]
        written[name] = writing(make, asked.seconds, asked.repeats)
        read[name] = reading(make, asked.points, NAMES[:1], asked.repeats)
        print(f"measured {name}", flush=True)
    six = reading(Ours, asked.points, NAMES, asked.repeats)
    peers = [make.name for make in KEEPERS[1:]]  # type: ignore[attr-defined]
    rows = [
        [name, spread(written[name][0], 0), spread(written[name][1], 0),
         spread(written[name][2], 0), spread(read[name][0], 1),
         "yes" if read[name][1] else "no"]
        for name in written
    ]  # fmt: skip
    rows.append([f"{Ours.name}, six metrics in one file", "", "", "", spread(six[0], 1),
                 "yes" if six[1] else "no"])  # fmt: skip
    head = ["", "points/s kept, step by step", "of processor time", "in batches",
            f"ms to a curve of {asked.points:,} points", "spike shown"]  # fmt: skip
    print(table(head, rows))
    for place, words in (
        (0, "step by step"),
        (1, "step by step, processor time"),
        (2, "peers in batches"),
    ):
        best = max(peers, key=lambda name: median(written[name][place]))
        ratio = median(written[Ours.name][place]) / median(written[best][place])
        print(f"kept, {words}: {ratio:.1f} x the best peer ({best})")
    quickest = min(peers, key=lambda name: median(read[name][0]))
    ratio = median(read[quickest][0]) / median(read[Ours.name][0])
    print(f"drawn-ready: {ratio:.0f} x as fast as the best peer ({quickest})")


if __name__ == "__main__":
    main()
