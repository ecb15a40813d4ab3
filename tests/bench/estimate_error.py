"""The error of the estimate: memory and time as told before a run, against what the run took.

Run: `python tests/bench/estimate_error.py [--model FOLDER ...] [--only WORD] [--json FILE]`. Each
case is one real recipe in a fresh process whose environment is a worker's: a few steps, an
evaluation, a checkpoint, the export. Prints for every case the estimated and the measured peak of
memory and time of the steps with the error in percent, then median and worst. `--model` adds cases
on a local model folder, full weights and LoRA. Time is shown and proves nothing on a busy machine.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from jupyter_persian_ai.datasets.samples import samples
from jupyter_persian_ai.hub.inspect import inspect_folder
from jupyter_persian_ai.jobs import confined
from jupyter_persian_ai.jobs.launcher import environment
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.jobs import Estimate, JobKind, JobSpec
from jupyter_persian_ai.protocol.recipes import OPTIONS
from jupyter_persian_ai.protocol.worker import WorkerContext
from jupyter_persian_ai.training import footprint
from jupyter_persian_ai.training.estimate import START_SECONDS, Device, Needs, needs

STEPS = 2
#: 17 million parameters with a vocabulary of 16k: as in the benchmarks of speed.
SEVENTEEN = {"hidden_size": 384, "layers": 6, "heads": 6, "vocab_size": 16_384}
BASE = {
    "max_steps": STEPS, "eval_every": STEPS, "checkpoint_every": 1, "epochs": 50,
    "eval_fraction": 0.01,
}  # fmt: skip


def case(name: str, recipe: str = "pretrain", model: str = "", **options: Any) -> dict[str, Any]:
    """One run: its name, recipe, the model that it continues, what differs from the defaults."""
    return {"name": name, "recipe": recipe, "model": model, "options": BASE | options}


def cases(models: list[str]) -> list[dict[str, Any]]:
    """Small Llamas of several shapes; `@17M` is the model that the first case makes."""
    small = {"hidden_size": 128, "layers": 4, "heads": 4, "vocab_size": 4096}
    deep = {"hidden_size": 192, "layers": 16, "heads": 6, "vocab_size": 2048}
    wide = {"hidden_size": 768, "layers": 3, "heads": 12, "vocab_size": 8192}
    made = [
        case("17M, 8 x 256", shape=SEVENTEEN),
        case("17M, 2 x 128", shape=SEVENTEEN, batch_size=2, sequence_length=128),
        case("17M, 2 x 1024", shape=SEVENTEEN, batch_size=2, sequence_length=1024),
        case("17M, 8 x 512", shape=SEVENTEEN, sequence_length=512),
        case("17M, 4 x 256 x 2", shape=SEVENTEEN, batch_size=4, gradient_accumulation=2),
        case(
            "17M, 8 x 512, checkpointing",
            shape=SEVENTEEN, sequence_length=512, gradient_checkpointing=True,
        ),
        case("default, 8 x 256"),
        case("default, 16 x 256", batch_size=16),
        case("3M, 2 x 256", shape=small, batch_size=2),
        case("deep, 4 x 512", shape=deep, batch_size=4, sequence_length=512),
        case("deep, 4 x 512, checkpointing",
             shape=deep, batch_size=4, sequence_length=512, gradient_checkpointing=True),
        case("wide, 2 x 512", shape=wide, batch_size=2, sequence_length=512),
        case("17M full on, 8 x 256", model="@17M"),
        case("17M LoRA, 8 x 256", model="@17M", method="lora"),
        case("17M LoRA, 2 x 256", model="@17M", method="lora", batch_size=2),
        case("17M LoRA, 8 x 256, checkpointing", model="@17M", method="lora",
             gradient_checkpointing=True),
        case("17M SFT, 8 x 256", "sft", model="@17M"),
        case("17M SFT LoRA, 4 x 512", "sft", model="@17M", method="lora",
             batch_size=4, sequence_length=512),
    ]  # fmt: skip
    for folder in models:
        name = Path(folder).name
        made += [
            case(f"{name} full, 1 x 128", model=folder, batch_size=1, sequence_length=128),
            case(f"{name} full, 4 x 256", model=folder, batch_size=4),
            case(f"{name} LoRA, 4 x 256", model=folder, method="lora", batch_size=4),
            case(f"{name} LoRA, 4 x 256, checkpointing", model=folder, method="lora",
                 batch_size=4, gradient_checkpointing=True),
            case(f"{name} SFT, 2 x 256", "sft", model=folder, batch_size=2),
        ]  # fmt: skip
    return made


def child(folder: Path) -> None:
    """Run one case in this process and write what it took to `measured.json`."""
    asked = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    phases: list[tuple[str, int, int]] = []
    metrics: list[tuple[int, float]] = []
    tokens = [0]

    def emit(type: EventType, data: dict[str, Any]) -> None:
        if type is EventType.METRICS and "loss" in data["values"]:
            metrics.append((data["step"], time.perf_counter()))
        word = str(data.get("detail") or data.get("step") or data.get("message") or "")
        if type is EventType.LOG and word.startswith("Tokens: "):
            tokens[0] = int(word.split()[1].replace(",", ""))
        kept = (f"{type} {word}"[:80], footprint.resident_bytes(), footprint.peak_resident_bytes())
        phases.append(kept)

    attempt = folder / "1"
    attempt.mkdir()
    spec = JobSpec(
        job_id="bench",
        attempt=1,
        kind=JobKind.TRAINING,
        recipe=asked["recipe"],
        name="bench",
        options=asked["options"],
        inputs=asked["inputs"],
        job_dir=str(folder),
    )
    recipe = importlib.import_module(f"jupyter_persian_ai.training.recipes.{asked['recipe']}")
    imported = footprint.resident_bytes()
    result = recipe.run(WorkerContext(spec, attempt, emit, lambda: False))
    steps = [end - begin for (_, begin), (_, end) in pairwise(metrics)]
    told = {
        "peak": footprint.peak_resident_bytes(),
        "imported": imported,
        "seconds_per_step": statistics.median(steps) if steps else None,
        "tokens": tokens[0],
        "parameters": result["parameters"],
        "model": result["model_path"],
        "phases": phases,
    }
    (folder / "measured.json").write_text(json.dumps(told), encoding="utf-8")


def measure(
    asked: dict[str, Any], data: dict[str, Path], base: str, folder: Path
) -> dict[str, Any]:
    """Run a case in a process of its own; what it took."""
    model = base if asked["model"] == "@17M" else asked["model"]
    path = data[asked["recipe"]]
    inputs = {"dataset_path": str(path), "dataset_name": path.stem, "model_path": model or None}
    folder.mkdir()
    text = json.dumps(asked | {"inputs": inputs})
    (folder / "case.json").write_text(text, encoding="utf-8")
    env = environment(JobKind.TRAINING, folder / "1", os.environ)
    subprocess.run(
        [sys.executable, str(Path(__file__).resolve()), "--child", str(folder)],
        env=env, check=True,
    )  # fmt: skip
    measured: dict[str, Any] = json.loads((folder / "measured.json").read_text(encoding="utf-8"))
    return measured | {"model_used": model}


def write_data(folder: Path) -> dict[str, Path]:
    """Texts by the recipe that reads them.

    Pretraining reads words made of halves of the poems' words: the poems alone give no
    vocabulary of 16k.
    """
    folder.mkdir()
    written = {found.shape.value: found.write(folder) for found in samples()}
    text = written["text"].read_text(encoding="utf-8")
    words = sorted({word for row in text.splitlines() for word in json.loads(row)["text"].split()})
    draw = random.Random(7)
    many = folder / "words.jsonl"
    with many.open("w", encoding="utf-8") as file:
        for _ in range(1200):
            pairs = (draw.choices(words, k=2) for _ in range(draw.randrange(20, 140)))
            row = " ".join(one[: len(one) // 2] + other[len(other) // 2 :] for one, other in pairs)
            file.write(json.dumps({"text": row}, ensure_ascii=False) + "\n")
    return {"pretrain": many, "sft": written["prompt_answer"]}


def estimated(asked: dict[str, Any], path: Path, model: str, device: Device) -> Estimate:
    """What the service would say of a case before it starts."""
    options = OPTIONS[asked["recipe"]].model_validate(asked["options"])
    payload: dict[str, Any] = {"path": str(path), "recipe": asked["recipe"]}
    config = parameters = None
    tokenizer = Path(model) / "tokenizer.json" if model else None
    if tokenizer is not None:
        payload["tokenizer"] = str(tokenizer)
        config = json.loads((Path(model) / "config.json").read_text(encoding="utf-8"))
        parameters = inspect_folder({"path": model, "name": "model"})["parameters"]
    else:
        payload["vocab_size"] = options.model_dump()["shape"]["vocab_size"]
    sample = confined.call(
        "jupyter_persian_ai.training.token_sample:count",
        payload,
        memory_bytes=8 * 2**30,
        seconds=120,
    )
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    wanted = Needs(
        recipe=asked["recipe"],
        rows=len(rows),
        characters=sum(len(value) for row in rows for value in row.values()),
        config=config,
        parameters=parameters,
        sample=sample,
        tokenizer_bytes=tokenizer.stat().st_size if tokenizer else 0,
    )
    return needs(wanted, options, device)


def this_machine() -> Device:
    """The machine as the service measures it."""
    found = confined.call(
        "jupyter_persian_ai.training.probe:measure", {}, memory_bytes=1 << 46, seconds=300
    )
    return Device(
        memory=footprint.available_bytes(),
        disk=shutil.disk_usage(Path.home()).free,
        measured=True,
        **found,
    )


def seconds_per_step(told: Estimate) -> float:
    """The estimated time of one step: what is neither starting nor evaluating."""
    return max(0.0, (told.seconds or 0.0) - START_SECONDS) / told.steps


def table(rows: list[dict[str, Any]]) -> str:
    """Estimated and measured, and by how much they differ."""
    lines = ["| case | memory, estimated | measured | error | time, estimated | measured | error |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    errors: dict[str, list[float]] = {"memory": [], "time": []}
    for row in rows:
        memory, peak = row["memory"], row["measured"]["peak"]
        seconds, took = row["seconds_per_step"], row["measured"]["seconds_per_step"]
        errors["memory"].append(memory / peak - 1)
        line = f"| {row['name']} | {memory / 2**20:,.0f} MiB | {peak / 2**20:,.0f} MiB "
        line += f"| {memory / peak - 1:+.1%} "
        if took:
            errors["time"].append(seconds / took - 1)
            line += f"| {seconds:.2f} s | {took:.2f} s | {seconds / took - 1:+.0%} |"
        lines.append(line)
    for what, values in errors.items():
        sizes = [abs(value) for value in values]
        if sizes:
            median, worst = statistics.median(sizes), max(sizes)
            lines.append(f"\n{what}: median error {median:.1%}, worst {worst:.1%}")
    return "\n".join(lines)


def main() -> None:
    """Measure every case and print the errors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", action="append", default=[], help="a model folder")
    parser.add_argument("--only", action="append", default=[], help="cases whose name has this")
    parser.add_argument("--json", type=Path, help="write what was measured here")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child)
        return
    rows: list[dict[str, Any]] = []
    device = this_machine()
    with tempfile.TemporaryDirectory(prefix="estimate-") as place:
        root = Path(place)
        data = write_data(root / "data")
        base = ""
        for number, asked in enumerate(cases(given.model)):
            wanted = not given.only or any(word in asked["name"] for word in given.only)
            if number and not wanted:
                continue
            OPTIONS[asked["recipe"]].model_validate(asked["options"])
            try:
                measured = measure(asked, data, base, root / str(number))
            except subprocess.CalledProcessError as error:
                print(asked["name"], "failed", error, flush=True)
                continue
            base = base or measured["model"]
            told = estimated(asked, data[asked["recipe"]], measured["model_used"], device)
            step = seconds_per_step(told)
            figures = {"memory": told.memory_bytes, "seconds_per_step": step}
            rows.append(asked | {"measured": measured, "parts": told.memory_parts} | figures)
            print(table(rows[-1:]).splitlines()[2], flush=True)
            if given.json:
                given.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1))
    print()
    print(table(rows))


if __name__ == "__main__":
    main()
