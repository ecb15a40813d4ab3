"""Training speed and memory: ours, transformers' Trainer and TRL's SFTTrainer, side by side.

Run: `python tests/bench/trainers.py` (a few minutes, one workload) or `--all` (hours on two
cores: every workload, five rounds). Every arm is a fresh process; arms take turns (A B C A B C);
all train the same rows in the same batches from the same weights with the same threads, seed and
number format, which is bf16 only where this machine has instructions for it. Arms: `trainer` and
`trl` as shipped, `-tuned` with our allocator settings and without gradient checkpointing,
`trl-packed` tuned and with its packing. Tokens are real ones: padding is not counted. The first
step of a run is not timed.

Answers are kept in `--folder`, one line a run, and not measured again: a cut run goes on. With
`--fresh` they are. `--report` only prints what is there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from measuring import median, spread, table
from training_workloads import WORKLOADS, Workload, make

ARMS = ("ours", "trainer", "trainer-tuned", "trl", "trl-tuned", "trl-packed")
_HERE = Path(__file__).parent


class Bench:
    """Runs that were made and runs to make, in one folder."""

    def __init__(self, folder: Path, threads: int, steps: int) -> None:
        self.folder, self.threads, self.steps = folder, threads, steps
        self.results = folder / f"results-{threads}-threads.jsonl"

    def rows(self) -> list[dict[str, Any]]:
        """Every finished run."""
        if not self.results.exists():
            return []
        lines = self.results.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]

    def measure(self, work: Workload, arms: list[str], rounds: int) -> None:
        """`rounds` interleaved runs of each arm, less those that are there."""
        model, rows = make(work, self.folder, self.steps)
        request = {
            "work": work.as_json(),
            "model": str(model),
            "rows": str(rows),
            "steps": self.steps,
            "plan": str(self.folder / f"plan-{work.name}-{self.steps}.json"),
            "scratch": str(self.folder / "scratch"),
        }
        Path(request["scratch"]).mkdir(exist_ok=True)
        known = {(r["work"], r["arm"], r["round"], r["steps_asked"]) for r in self.rows()}
        if all((work.name, arm, r, self.steps) in known for arm in arms for r in range(rounds)):
            return
        plan = self.child({**request, "arm": "plan"})
        self._keep(work, "plan", 0, plan)
        request["tokens"] = [step["tokens"] for step in plan["figures"]]
        request["dtype"] = plan["shape"]["dtype"]
        for number in range(rounds):
            # Every second round backwards, so that no arm always follows the same one.
            for arm in ["gemm", *(arms if number % 2 == 0 else arms[::-1])]:
                if (work.name, arm, number, self.steps) not in known:
                    print(f"{work.name}: round {number + 1}, {arm}", file=sys.stderr, flush=True)
                    self._keep(work, arm, number, self.child({**request, "arm": arm}))

    def _keep(self, work: Workload, arm: str, number: int, answer: dict[str, Any]) -> None:
        row = {"work": work.name, "arm": arm, "round": number, "steps_asked": self.steps} | answer
        with self.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def child(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer of one run; a run that fails is told and counted as failed."""
        environment = os.environ | {
            "OMP_NUM_THREADS": str(self.threads),
            "HF_HUB_OFFLINE": "1",
            "TOKENIZERS_PARALLELISM": "false",
        }
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            json.dump(request, file)
            file.flush()
            command = [sys.executable, str(_HERE / "training_arms.py"), file.name]
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False
            )
        try:
            answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        except (IndexError, json.JSONDecodeError):
            if request["arm"] == "plan":
                raise SystemExit(done.stderr[-4000:]) from None
            print(done.stderr[-2000:], file=sys.stderr)
            return {"failed": done.returncode, "said": done.stderr[-500:]}
        return answer


def flops(shape: dict[str, Any], step: dict[str, float]) -> float:
    """Floating-point operations that one step of training needs, no padding, no recomputation.

    2 a weight and position forwards, 2 for the input's gradient, 2 for the weight's where it
    learns; the head only at scored positions; causal attention half of the square.
    """
    full = shape["trained"] > shape["adapters"]
    per_weight = 6 if full else 4
    body = per_weight * shape["matrices"] * step["positions"]
    head = per_weight * shape["head"] * step["scored"]
    adapters = 6 * shape["adapters"] * step["positions"]
    attention = 6 * shape["attention"] * step["squares"]
    return float(body + head + adapters + attention)


def report(rows: list[dict[str, Any]], steps: int) -> str:
    """Everything that was measured with this number of steps, as Markdown."""
    parts = []
    for work in WORKLOADS.values():
        mine = [r for r in rows if r["work"] == work.name and r["steps_asked"] == steps]
        plan = next((r for r in reversed(mine) if r["arm"] == "plan"), None)
        if plan is not None:
            parts.append(_report_workload(work, mine, plan))
    return "\n\n".join(parts)


def _report_workload(work: Workload, rows: list[dict[str, Any]], plan: dict[str, Any]) -> str:
    shape = plan["shape"]
    runs: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        if row["arm"] in ARMS and row.get("steps"):
            runs[row["arm"]][row["round"]] = row
    gemm = [row for row in rows if row["arm"] == "gemm"]
    peak = {
        name: median([row[name] for row in gemm if name in row])
        for name in ("float32", "bfloat16", "float32_cpu", "bfloat16_cpu")
    }
    per_token = sum(flops(shape, step) for step in plan["figures"]) / sum(
        step["tokens"] for step in plan["figures"]
    )
    full = shape["trained"] > shape["adapters"]
    state = 16 * shape["trained"] + (0 if full else 4 * shape["parameters"])
    lines = []
    for arm in ARMS:
        if not runs[arm]:
            failed = any(row["arm"] == arm and "failed" in row for row in rows)
            lines += [[arm, "failed", *["–"] * 8]] if failed else []
            continue
        done = runs[arm]
        speeds = {number: _speed(row, "wall") for number, row in done.items()}
        cpu = [_speed(row, "cpu") for row in done.values()]
        both = [number for number in runs["ours"] if number in done]
        ratios = [_speed(runs["ours"][n], "wall") / speeds[n] for n in both]
        ratios_cpu = [_speed(runs["ours"][n], "cpu") / _speed(done[n], "cpu") for n in both]
        memory = median([row["peak"] for row in done.values()])
        share = median(list(speeds.values())) * per_token / 1e9 / peak[shape["dtype"]]
        share_cpu = median(cpu) * per_token / 1e9 / peak[f"{shape['dtype']}_cpu"]
        lines.append(
            [
                arm,
                spread(list(speeds.values()), 0),
                spread(cpu, 0),
                spread(ratios),
                spread(ratios_cpu),
                f"{share:.0%}",
                f"{share_cpu:.0%}",
                f"{memory / 2**20:,.0f}",
                f"{(memory - state) / 2**20:,.0f}",
                _difference(runs, arm),
            ]
        )
    head = [
        "arm", "tokens/s", "tokens/CPU s", "ours ÷ arm", "by CPU time", "of GEMM peak",
        "by CPU time",
        "peak MiB", "beyond state MiB", "largest loss difference",
    ]  # fmt: skip
    scored = sum(step["scored"] for step in plan["figures"])
    positions = sum(step["positions"] for step in plan["figures"])
    size = positions // len(plan["figures"])
    about = (
        f"{shape['parameters'] / 1e6:.1f} M parameters, {shape['trained'] / 1e6:.1f} M learn; "
        f"{shape['dtype']} ({shape['why']}); {shape['threads']} threads; "
        f"{len(plan['figures'])} steps of about {size:,} positions, "
        f"{scored / positions:.0%} scored; GEMM peak fp32 {peak['float32']:,.0f}, "
        f"bf16 {peak['bfloat16']:,.0f} GFLOP/s; state (weights, gradients, optimiser) "
        f"{state / 2**20:,.0f} MiB"
    )
    return "\n".join(
        [
            f"### {work.name}: {work.about}",
            "",
            about,
            "",
            table(head, lines),
            "",
            *_curves(runs),
        ]
    )


def _speed(row: dict[str, Any], clock: str) -> float:
    """Real tokens per second of `clock`, without the first step."""
    timed = row["steps"][1:] or row["steps"]
    return float(sum(s["tokens"] for s in timed) / sum(s[clock] for s in timed))


def _losses(row: dict[str, Any]) -> list[float]:
    return [step["loss"] for step in row["steps"]]


def _difference(runs: dict[str, dict[int, dict[str, Any]]], arm: str) -> str:
    """The largest difference of an arm's losses from ours; packing reads other batches."""
    if arm == "ours" or not runs["ours"]:
        return "–"
    one = _losses(next(iter(runs["ours"].values())))
    other = _losses(next(iter(runs[arm].values())))
    if arm == "trl-packed":
        return f"other batches; means {sum(one) / len(one):.3f}, {sum(other) / len(other):.3f}"
    return f"{max(abs(a - b) for a, b in zip(one, other, strict=False)):.1e}"


def _curves(runs: dict[str, dict[int, dict[str, Any]]]) -> list[str]:
    """The first losses of each arm."""
    return [
        f"- loss of {arm}: " + " ".join(f"{loss:.4f}" for loss in _losses(run)[:8])
        for arm in ARMS
        if runs[arm]
        for run in [next(iter(runs[arm].values()))]
    ]


def main() -> None:
    """Measure what is asked for, and print every table there is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=["llama-pad65"])
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--all", action="store_true", help="every workload, 5 rounds of 6 steps")
    parser.add_argument("--fresh", action="store_true", help="forget earlier answers")
    parser.add_argument("--report", action="store_true", help="print only")
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "jupyter_persian_ai_bench"
    )
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    if asked.all:
        asked.workloads, asked.rounds, asked.steps = list(WORKLOADS), 5, 6
    bench = Bench(asked.folder, asked.threads, asked.steps)
    if asked.fresh:
        bench.results.unlink(missing_ok=True)
    for name in [] if asked.report else asked.workloads:
        bench.measure(WORKLOADS[name], asked.arms, asked.rounds)
    print(report(bench.rows(), asked.steps))


if __name__ == "__main__":
    main()
