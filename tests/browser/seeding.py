"""Trainings that have been, put into a data root as their workers would have reported them."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from jupyter_persian_ai.jobs.ledger import Report
from jupyter_persian_ai.jobs.metrics_file import Writer, count, read
from jupyter_persian_ai.jobs.root import root_id
from jupyter_persian_ai.protocol.base import now
from jupyter_persian_ai.protocol.events import Emitted, EventType
from jupyter_persian_ai.store import Store, jobs, users
from jupyter_persian_ai.store.ledger import StoreLedger

LABELS = ["مثبت", "منفی", "بی‌طرف"]


def points(steps: int, pace: float, seed: int) -> list[tuple[int, dict[str, float]]]:
    """What a classifier reports: six metrics a step, five more every fiftieth."""
    chance = random.Random(seed)
    made: list[tuple[int, dict[str, float]]] = []
    for step in range(1, steps + 1):
        loss = 0.3 + 2.5 * math.exp(-step * pace) + chance.gauss(0, 0.12)
        values = {
            "loss": max(0.01, loss),
            "learning_rate": 3e-4 * min(1.0, step / 100) * (1 - step / (steps + 1)),
            "grad_norm": 1 + abs(chance.gauss(0, 0.4)) + 3 * math.exp(-step / 50),
            "tokens_per_second": 12_000 + chance.gauss(0, 400),
            "mfu": 0.41 + chance.gauss(0, 0.01),
            "memory_bytes": 2.1e9 + step * 1000,
        }
        if step % 50 == 0:
            known = 1 - math.exp(-step * pace)
            values |= {"eval_loss": loss + 0.1, "eval_perplexity": math.exp(loss)}
            values |= {"eval_accuracy": 0.4 + 0.45 * known, "eval_macro_f1": 0.38 + 0.44 * known}
        made.append((step, values))
    return made


def evaluation(step: int, labels: Sequence[str] = LABELS) -> dict[str, Any]:
    """A confusion matrix that is mostly right, and its scores."""
    confusion = [
        [90 + 7 * a if a == b else (a * 3 + b * 5) % 11 for b in range(len(labels))]
        for a in range(len(labels))
    ]
    said = [sum(row[b] for row in confusion) for b in range(len(labels))]
    scores = []
    for place, label in enumerate(labels):
        right, support = confusion[place][place], sum(confusion[place])
        precision, recall = right / said[place], right / support
        f1 = 2 * precision * recall / (precision + recall)
        scores.append(
            {
                "label": label, "precision": precision, "recall": recall,
                "f1": f1, "support": support,
            }
        )  # fmt: skip
    return {"step": step, "labels": list(labels), "confusion": confusion, "per_label": scores}


def notice(code: str, step: int, en: str, fa: str) -> dict[str, Any]:
    return {"code": code, "step": step, "message": {"en": en, "fa": fa}}


def put(
    data_dir: Path,
    name: str,
    *,
    steps: int = 600,
    pace: float = 0.01,
    seed: int = 1,
    options: dict[str, Any] | None = None,
    labels: Sequence[str] = LABELS,
    notices: Sequence[dict[str, Any]] = (),
    end: dict[str, Any] | None = None,
) -> str:
    """Put one classifier's training there in one transaction, so that no supervisor meets it."""
    store = Store.open(f"sqlite:///{data_dir / 'db.sqlite'}")
    root = root_id(data_dir)

    def write(session: Session) -> str:
        user = users.ensure(session, "local", "")
        job, _ = jobs.submit(
            session,
            user,
            kind="training",
            recipe="classify",
            name=name,
            options=options or {},
            inputs={"dataset_name": "نظرها", "model_name": "پارس"},
            idempotency_key=None,
            root_id=root,
        )
        ledger = StoreLedger(lambda fn: fn(session), lambda fn: fn(session), root,
                             data_dir / "jobs", ())  # fmt: skip
        started = ledger.start(job.id)
        assert started is not None
        folder = data_dir / "jobs" / job.id / str(started.spec.attempt)
        folder.mkdir(parents=True)
        writer = Writer(folder)
        for step, values in points(steps, pace, seed):
            writer.append(step, values)
        writer.close()
        lines: list[tuple[EventType, dict[str, Any]]] = [
            (EventType.STATE, {"state": "loading"}),
            (EventType.STATE, {"state": "running"}),
            (EventType.PROGRESS, {"done": steps, "total": steps, "epoch": 3, "epochs": 3}),
            (EventType.EVALUATION, evaluation(steps, labels)),
            *((EventType.NOTICE, one) for one in notices),
            (EventType.STATE, end or {"state": "completed", "result": {}}),
        ]
        events = [Emitted(n=n, time=now(), type=kind, data=data)
                  for n, (kind, data) in enumerate(lines, 1)]  # fmt: skip
        total = count(folder)
        ledger.ingest(Report(job.id, 1, 0, 1, events, 0, read(folder, 0, total)))
        return job.id

    try:
        return store.write(write)
    finally:
        store.close()
