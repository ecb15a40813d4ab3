"""What being watched costs: tokens/s with events, checkpoints and a browser against a bare loop.

Run: `python tests/bench/watched.py` (some minutes; `--rounds 5 --steps 120` for the table).
Watched: the real service (`jupyter persian-ai demo`) runs a training job in its worker, with a
checkpoint every `--checkpoint-every` steps, while a headless Chromium shows the job's page and
draws its curve. Bare: the same recipe with the same options and data in a process of its own, whose
`emit` does nothing, without checkpoints. Both train a new Llama on the ghazals and choose their
threads by themselves, unless `--threads` says how many. Arms take turns; the first steps are not
timed. On few cores the browser takes time of its own, so CPU seconds of the trainer are told too.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from measuring import cpu_seconds, spread, table

_UNTIMED = 3
_PATIENCE = 120


def options(asked: argparse.Namespace, *, watched: bool) -> dict[str, Any]:
    """Of both arms; evaluation is left out of both."""
    return {
        "epochs": 1000,
        "max_steps": asked.steps,
        "batch_size": 4,
        "sequence_length": 256,
        "eval_fraction": 0.0,
        "eval_every": 1_000_000,
        "checkpoint_every": asked.checkpoint_every if watched else 1_000_000,
        "shape": {"vocab_size": 8192, "hidden_size": asked.width, "layers": 6, "heads": 6},
    }


def speed(steps: list[tuple[float, float, float]]) -> tuple[float, float]:
    """Steps per second of wall and of CPU time, from (moment, CPU seconds, steps so far)."""
    first = next((one for one in steps if one[2] >= _UNTIMED), None)
    if first is None or first is steps[-1]:
        raise SystemExit(f"too few steps were seen: {len(steps)}")
    (wall_0, cpu_0, read_0), (wall_1, cpu_1, read_1) = first, steps[-1]
    read = read_1 - read_0
    return read / (wall_1 - wall_0), read / max(1e-9, cpu_1 - cpu_0)


def bare(request: dict[str, Any]) -> None:
    """Be a child: the recipe's own loop and nobody who listens."""
    from jupyter_persian_ai.protocol.events import EventType
    from jupyter_persian_ai.protocol.jobs import JobSpec
    from jupyter_persian_ai.protocol.worker import WorkerContext
    from jupyter_persian_ai.training.recipes import pretrain

    steps: list[tuple[float, float, float]] = []

    class Enough(Exception):
        """The last step is done."""

    with tempfile.TemporaryDirectory() as folder:
        attempt = Path(folder) / "1"
        attempt.mkdir()
        spec = JobSpec.model_validate(
            request["spec"] | {"options": request["options"], "job_dir": folder, "attempt": 1}
        )

        def emit(type: EventType, data: dict[str, Any]) -> None:
            if type is EventType.METRICS and "loss" in data["values"]:
                steps.append((time.time(), cpu_seconds(), len(steps) + 1))
                if len(steps) == request["options"]["max_steps"]:
                    raise Enough

        try:
            pretrain.run(WorkerContext(spec, attempt, emit, lambda: False))
        except Enough:
            import torch

            told = {"steps": steps, "threads": torch.get_num_threads()}
            print("\n" + json.dumps(told), flush=True)


def run_bare(spec: dict[str, Any], asked: argparse.Namespace) -> dict[str, Any]:
    """Steps of the bare loop, in a fresh process."""
    request = {"spec": spec, "options": options(asked, watched=False)}
    done = subprocess.run(
        [sys.executable, __file__, "--child", json.dumps(request)],
        env=_environment(asked), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _environment(asked: argparse.Namespace) -> dict[str, str]:
    known = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "JPY"))}
    if asked.threads:
        known["OMP_NUM_THREADS"] = str(asked.threads)
    return known | {"HF_HUB_OFFLINE": "1"}


@contextmanager
def service(work: Path, asked: argparse.Namespace) -> Iterator[Any]:
    """The demo on a free port; a client of it. Its workers are ended, too."""
    from jupyter_persian_ai.client import Address, Client

    environment = _environment(asked) | {
        f"JUPYTER_{name}_DIR": str(work / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")
    }
    log = (work / "demo.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter_persian_ai.cli", "demo", "--no-browser",
         "--port=0", f"--data-dir={work / 'root'}"],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=work, env=environment,
    )  # fmt: skip
    try:
        url, token = _address(work / "demo.log", process)
        client = Client(Address.parse(url, token))
        yield client, url, token
        client.close()
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        for other in psutil.process_iter(["cmdline"]):
            if any(str(work / "root") in part for part in other.info["cmdline"] or ()):
                other.kill()


def _address(log: Path, process: subprocess.Popen[bytes]) -> tuple[str, str]:
    """The address that the demo prints, once it answers."""
    import httpx

    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        said = log.read_text("utf-8", errors="replace")
        found = re.search(r"(http://127\.0\.0\.1:\d+)/\S*\?token=(\w+)", said)
        if found:
            try:
                headers = {"Authorization": f"token {found[2]}"}
                got = httpx.get(f"{found[1]}/persian-ai/api/me", headers=headers, trust_env=False)
                if got.status_code == 200:
                    return found[1], found[2]
            except httpx.TransportError:
                pass
        time.sleep(0.2)
    raise SystemExit(f"the service did not start:\n{log.read_text('utf-8')[-3000:]}")


class Trainer(threading.Thread):
    """Notes when the worker of a job wrote each step down, and its CPU time then."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder = folder
        self.steps: list[tuple[float, float, float]] = []
        self.over = threading.Event()

    def run(self) -> None:
        """Until `over`: fifty looks a second at the size of a file."""
        from jupyter_persian_ai.jobs import metrics_file

        attempt, size = self.folder / "1", 0
        worker: psutil.Process | None = None
        while not self.over.wait(0.02):
            try:
                grown = (attempt / metrics_file.FILE).stat().st_size
                if grown == size:
                    continue
                size, moment = grown, time.time()
                worker = worker or self._find()
                used = worker.cpu_times() if worker else None
            except (OSError, psutil.Error):
                continue
            points = metrics_file.read(attempt, 0, metrics_file.count(attempt))
            done = sum(1 for name, _, _ in points if name == "loss")
            cpu = used.user + used.system if used else 0.0
            if not self.steps or done > self.steps[-1][2]:
                self.steps.append((moment, cpu, done))

    def _find(self) -> psutil.Process | None:
        for process in psutil.process_iter(["cmdline"]):
            parts = process.info["cmdline"] or []
            if any(str(self.folder) in part for part in parts):
                return process
        return None


def run_watched(client: Any, page: Any, address: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Steps of a real job that a browser watches."""
    dataset = client.datasets.add_sample("ghazals")
    ask = {"recipe": "pretrain", "dataset_id": dataset.id}
    job = client.training.submit(ask | {"options": options(asked, watched=True)})
    folder = asked.root / "jobs" / job.id
    trainer = Trainer(folder)
    trainer.start()
    if page is not None:
        page.goto(address.format(job=job.id))
        page.wait_for_selector(".lm-DockPanel .pai-root:visible")
    while not client.training.get(job.id).state.ended:
        if page is not None:
            page.wait_for_timeout(500)  # the page's own events run meanwhile
        else:
            time.sleep(0.5)
    trainer.over.set()
    drawn = 0
    if page is not None:
        drawn = page.evaluate(
            """() => Math.max(0, ...(window.Bokeh?.documents ?? []).map(document =>
                document.get_model_by_name('loss')?.data.step.length ?? 0))"""
        )
    spec, checkpoints, said = _told(folder)
    return {
        "spec": spec, "steps": trainer.steps, "checkpoints": checkpoints, "drawn": drawn,
        "said": said,
    }  # fmt: skip


def _told(folder: Path) -> tuple[dict[str, Any], int, str]:
    """Of a job's first attempt: its spec, its checkpoints, the threads that its log names."""
    checkpoints, threads = 0, "?"
    attempt = folder / "1"
    for line in (attempt / "spool.jsonl").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        checkpoints += event["type"] == "checkpoint"
        if event["type"] == "log" and "threads: " in event["data"]["message"]:
            threads = event["data"]["message"].split("threads: ")[1].split(";")[0]
    spec = json.loads((attempt / "spec.json").read_text(encoding="utf-8"))
    return spec, checkpoints, threads


@contextmanager
def browser(wanted: bool) -> Iterator[Any]:
    """A page of a headless Chromium, or None."""
    if not wanted:
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        binary = shutil.which("chromium") or shutil.which("chromium-browser")
        quiet = [
            "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--disable-component-update", "--disable-sync",
        ]  # fmt: skip
        chromium = playwright.chromium.launch(executable_path=binary, args=quiet)
        try:
            context = chromium.new_context(viewport={"width": 1280, "height": 800})
            context.set_default_timeout(_PATIENCE * 1000)
            yield context.new_page()
        finally:
            chromium.close()


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--checkpoint-every", type=int, default=20)
    parser.add_argument("--width", type=int, default=384, help="hidden size; a multiple of 12")
    parser.add_argument("--threads", type=int, default=0, help="0: as the product chooses")
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        bare(json.loads(asked.child))
        return
    rounds: list[tuple[dict[str, Any], dict[str, Any]]] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        asked.root = Path(folder) / "root"
        with (
            browser(not asked.no_browser) as page,
            service(Path(folder), asked) as (client, url, token),
        ):
            address = f"{url}/lab?persian-ai=job:{{job}}&token={token}"
            spec: dict[str, Any] = {}
            for number in range(asked.rounds):
                first = None
                if number % 2 and spec:
                    first = _alone(page, spec, asked)
                print(f"round {number + 1}: watched", file=sys.stderr, flush=True)
                seen = run_watched(client, page, address, asked)
                spec = seen["spec"]
                rounds.append((seen, first or _alone(page, spec, asked)))
    print(report(rounds))


def _alone(page: Any, spec: dict[str, Any], asked: argparse.Namespace) -> dict[str, Any]:
    """The bare loop, while the browser shows nothing."""
    if page is not None:
        page.goto("about:blank")
    print("bare", file=sys.stderr, flush=True)
    return run_bare(spec, asked)


def report(rounds: list[tuple[dict[str, Any], dict[str, Any]]]) -> str:
    """One table; steps stand for tokens, since both arms read the same batches."""
    watched = [speed(seen["steps"]) for seen, _ in rounds]
    alone = [speed(bare_run["steps"]) for _, bare_run in rounds]
    lines = []
    for name, speeds in (("watched", watched), ("bare", alone)):
        walls, cpus = zip(*speeds, strict=True)
        shares = [a[0] / b[0] for a, b in zip(speeds, alone, strict=True)]
        shares_cpu = [a[1] / b[1] for a, b in zip(speeds, alone, strict=True)]
        lines.append([name, spread(walls, 3), spread(cpus, 3), spread(shares, 3),
                      spread(shares_cpu, 3)])  # fmt: skip
    seen, other = rounds[0]
    about = (
        f"threads: watched {seen['said']}, bare {other['threads']}; cores: "
        f"{len(os.sched_getaffinity(0))}; in the first watched run {seen['checkpoints']} "
        f"checkpoints were written and the browser held {seen['drawn']} points of "
        f"{len(seen['steps'])} steps"
    )
    head = ["arm", "steps/s", "steps/CPU s of the trainer", "÷ bare", "÷ bare, by CPU time"]
    return f"{about}\n\n{table(head, lines)}"


if __name__ == "__main__":
    main()
