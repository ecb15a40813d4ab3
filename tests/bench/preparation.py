"""From a file of rows to packed tokens: ours beside TRL's dataset preparation, in MB/s.

Run: `python tests/bench/preparation.py` (about two minutes; `--megabytes 32 --rounds 5` for the
table). Each arm is a fresh process, arms take turns, nothing is cached between runs. Rows are
Hafez' verses in random order, a few words of each hundred made up anew, so that a word that was
met before is not all there is. Ours is the way of the recipes `pretrain` and `sft`: token cache on
disk, segments, the plan of an epoch. TRL's is what `SFTTrainer` does with a dataset before it
trains, with packing; `trl-2` with a process for each core. MB are UTF-8 bytes of text.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

from measuring import cpu_seconds, median, spread, table
from training_workloads import WORKLOADS, make

ARMS = ("ours", "trl", "trl-2")
_LONGEST = 512


def write_rows(path: Path, shape: str, megabytes: float) -> int:
    """Rows of `text` or of `prompt` and `answer`; how many bytes of text they hold."""
    from jupyter_persian_ai.datasets.samples import samples

    ghazals = next(sample for sample in samples() if sample.id == "ghazals")
    verses = [line for row in ghazals.rows() for line in row["text"].split("\n")]
    drawn = random.Random(megabytes)
    letters = "ابپتجچخدرزسشفقکگلمنوهی"

    def verse() -> str:
        words = drawn.choice(verses).split(" ")
        if drawn.random() < 0.3:
            place = drawn.randrange(len(words))
            words[place] = "".join(drawn.choices(letters, k=drawn.randint(3, 8)))
        return " ".join(words)

    size = 0
    with path.open("w", encoding="utf-8") as file:
        while size < megabytes * 1e6:
            lines = [verse() for _ in range(drawn.randint(2, 24))]
            if shape == "text":
                row = {"text": "\n".join(lines)}
            else:
                asked = max(1, len(lines) // 4)
                row = {"prompt": "\n".join(lines[:asked]), "answer": "\n".join(lines[asked:])}
            size += sum(len(value.encode()) for value in row.values())
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return size


def ours(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The recipes' own way from rows to a plan of packed micro-batches."""
    from jupyter_persian_ai.training import encoding, packing, tokenizer
    from jupyter_persian_ai.training.corpus import load_corpus, read_rows, tokenized
    from jupyter_persian_ai.training.recipes.sft import turns

    core = tokenizer.load_tokenizer(Path(request["model"]))
    tokenizer.ensure_chat_template(core)
    text = request["shape"] == "text"
    clock = Clock()

    def encode(rows: list[dict[str, Any]]) -> Any:
        if text:
            return encoding.documents(core, [row["text"] for row in rows])
        return encoding.conversations(core, [turns(row) for row in rows], print)

    cache, _ = tokenized(
        folder,
        "bench",
        read_rows(Path(request["rows"])),
        encode,
        name="bench",
        tick=lambda _: None,
    )
    corpus = load_corpus(cache, name="bench", longest=_LONGEST, split_long=text)
    train, _ = packing.hold_out(corpus, 0.0, 1)
    plan = packing.plan_run(
        corpus, train, budget=8 * _LONGEST, accumulation=1, epochs=1, max_steps=None, seed=1
    )
    return clock.stop() | {"tokens": corpus.positions, "batches": len(plan.batches)}


def trl(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What SFTTrainer does with a dataset before it trains, from the same file."""
    import transformers
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    from jupyter_persian_ai.training.tokenizer import ensure_chat_template

    warnings.simplefilter("ignore")
    transformers.utils.logging.set_verbosity_error()
    importlib.import_module("datasets").disable_progress_bars()
    core = transformers.AutoTokenizer.from_pretrained(request["model"])
    ensure_chat_template(core)
    config = transformers.LlamaConfig(
        vocab_size=len(core), hidden_size=16, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=1, num_key_value_heads=1,
    )  # fmt: skip
    model = transformers.LlamaForCausalLM(config)
    clock = Clock()
    dataset = Dataset.from_json(request["rows"], cache_dir=str(folder / "cache"))
    if request["shape"] == "chat":
        dataset = dataset.map(_as_turns, remove_columns=["answer"])
    read = clock.stop()["wall"]
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(
            output_dir=str(folder), packing=True, max_length=_LONGEST + 1, report_to="none",
            bf16=False, use_cpu=True, dataset_num_proc=request["processes"],
        ),
        train_dataset=dataset,
        processing_class=core,
    )  # fmt: skip
    known = clock.stop() | {"read": read}
    ready = trainer.train_dataset
    lengths = ready["seq_lengths"] if "seq_lengths" in ready.column_names else []
    return known | {"tokens": sum(map(sum, lengths)), "batches": len(ready) // 8}


def _as_turns(row: dict[str, Any]) -> dict[str, Any]:
    """Conversational prompt and completion: TRL then scores the completion only, as we do."""
    return {
        "prompt": [{"role": "user", "content": row["prompt"]}],
        "completion": [{"role": "assistant", "content": row["answer"]}],
    }


class Clock:
    """Wall and CPU time since it was made; child processes are counted once they have ended."""

    def __init__(self) -> None:
        self.begun = (time.perf_counter(), self._cpu())

    def _cpu(self) -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return cpu_seconds() + children.ru_utime + children.ru_stime

    def stop(self) -> dict[str, float]:
        """Seconds until now."""
        return {"wall": time.perf_counter() - self.begun[0], "cpu": self._cpu() - self.begun[1]}


def child(request: dict[str, Any]) -> dict[str, Any]:
    """Measure one arm in a process of its own."""
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": request["scratch"]}
    done = subprocess.run(
        [sys.executable, __file__, "--child", json.dumps(request)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr[-4000:])
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def answer(request: dict[str, Any]) -> None:
    """Be a child."""
    with tempfile.TemporaryDirectory(dir=request["scratch"]) as folder:
        way = ours if request["arm"] == "ours" else trl
        print("\n" + json.dumps(way(request, Path(folder))), flush=True)


def measure(asked: argparse.Namespace, shape: str, model: str) -> str:
    """One table: a shape of rows and a tokenizer."""
    works = {"llama": "llama-text-full", "gemma": "gemma-text-full"}
    folder, _ = make(WORKLOADS[works[model]], asked.folder, 1)
    times: dict[str, list[dict[str, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as scratch:
        rows = Path(scratch) / "rows.jsonl"
        size = write_rows(rows, shape, asked.megabytes)
        for number in range(asked.rounds):
            for arm in asked.arms if number % 2 == 0 else asked.arms[::-1]:
                request = {
                    "arm": arm, "rows": str(rows), "shape": shape, "model": str(folder),
                    "scratch": scratch, "processes": os.cpu_count() if arm == "trl-2" else None,
                }  # fmt: skip
                print(f"{model} {shape}: round {number + 1}, {arm}", file=sys.stderr, flush=True)
                times[arm].append(child(request))
    lines = []
    for arm in asked.arms:
        speeds = [size / 1e6 / one["wall"] for one in times[arm]]
        pairs = list(zip(times["ours"], times[arm], strict=True))
        lines.append(
            [
                arm,
                spread(speeds),
                spread([size / 1e6 / one["cpu"] for one in times[arm]]),
                spread([b["wall"] / a["wall"] for a, b in pairs]),
                spread([b["cpu"] / a["cpu"] for a, b in pairs]),
                f"{median([one.get('read', 0.0) for one in times[arm]]):.2f}",
                f"{median([one['tokens'] for one in times[arm]]):,.0f}",
            ]
        )
    head = ["arm", "MB/s", "MB/CPU s", "ours ÷ arm", "by CPU time", "s of it reading", "tokens"]
    about = f"### {model}, {shape} rows, {size / 1e6:.1f} MB"
    return f"{about}\n\n{table(head, lines)}"


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--shapes", nargs="+", choices=("text", "chat"), default=["text", "chat"])
    parser.add_argument("--models", nargs="+", choices=("llama", "gemma"), default=["llama"])
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "jupyter_persian_ai_bench"
    )
    parser.add_argument("--child", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        answer(json.loads(asked.child))
        return
    if "ours" not in asked.arms:
        asked.arms.insert(0, "ours")
    asked.folder.mkdir(parents=True, exist_ok=True)
    print("\n\n".join(measure(asked, s, m) for m in asked.models for s in asked.shapes))


if __name__ == "__main__":
    main()
