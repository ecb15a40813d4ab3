"""Delay from `emit` in the worker to the event in a WebSocket client.

Run: `python tests/bench/event_delay.py`. Starts the real service on loopback, trains a small model
on the sample ghazals, and compares the moment in the worker's spool (written by `emit`) with the
moment at which the same event came out of the socket. Prints median and 95th percentile in
milliseconds. Both clocks are this machine's; the spool's resolution is one millisecond.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path

from jupyter_persian_ai.client import connect, disconnect
from jupyter_persian_ai.protocol.events import Event, EventType

#: Types whose events come one by one; points are joined on purpose and are not compared.
COMPARED = (EventType.PROGRESS, EventType.LOG, EventType.SAMPLE, EventType.CHECKPOINT)


def identity(type: EventType, data: dict[str, object]) -> str:
    """What an event says, as it stands in the spool and on the wire alike."""
    if type is EventType.PROGRESS:
        return f"progress {data['done']} {data['detail']} {data['elapsed_seconds']}"
    if type is EventType.LOG:
        return f"log {data['message']}"
    return f"{type} {data['step']}"


def watch(steps: int, data_dir: Path) -> tuple[dict[str, float], Path]:
    """Train, and note when each event arrived. Returns seconds by identity, and the job folder."""
    client = connect(data_dir=data_dir)
    dataset = client.datasets.add_sample("ghazals")
    ask = {
        "recipe": "pretrain",
        "dataset_id": dataset.id,
        "options": {
            "max_steps": steps, "epochs": 100, "batch_size": 1, "sequence_length": 128,
            "eval_every": 20, "checkpoint_every": 20,
            "shape": {"vocab_size": 1024, "hidden_size": 64, "layers": 2, "heads": 2},
        },
    }  # fmt: skip
    job = client.training.submit(ask)
    arrived: dict[str, float] = {}
    follower = client.stream.follow([f"job:{job.id}"], since=job.seq)
    while True:
        batch = follower.take(timeout=120)
        moment = time.time()
        if not batch:
            raise SystemExit("no event for two minutes")
        for event in batch:
            note(event, moment, arrived)
        if any(ended(event) for event in batch):
            break
    follower.close()
    return arrived, data_dir / "jobs" / job.id


def note(event: Event, moment: float, arrived: dict[str, float]) -> None:
    """Keep the first arrival of a compared event."""
    if event.type in COMPARED:
        arrived.setdefault(identity(event.type, event.data), moment)


def ended(event: Event) -> bool:
    """Whether this event says that the job is over."""
    over = {"completed", "failed", "stopped"}
    return event.type is EventType.STATE and event.data.get("state") in over


def emitted(folder: Path) -> dict[str, float]:
    """Seconds by identity, from the spools of all attempts."""
    found: dict[str, float] = {}
    for spool in sorted(folder.glob("*/spool.jsonl")):
        for line in spool.read_text(encoding="utf-8").splitlines():
            event = json.loads(line)
            if event["type"] in COMPARED:
                moment = datetime.fromisoformat(event["time"]).timestamp()
                found.setdefault(identity(EventType(event["type"]), event["data"]), moment)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=400)
    steps = parser.parse_args().steps
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["JUPYTER_PERSIAN_AI_DATA_DIR"] = folder
        try:
            arrived, job = watch(steps, Path(folder))
        finally:
            disconnect()
        sent = emitted(job)
        delays = sorted(1000 * (arrived[key] - sent[key]) for key in sent.keys() & arrived.keys())
        unseen = sent.keys() - arrived.keys()
    percentile = statistics.quantiles(delays, n=100)
    joined = {key for key in unseen if key.startswith("progress")}
    print(
        f"events compared: {len(delays)}   progress joined with a later one: {len(joined)}   "
        f"others not seen: {len(unseen - joined)}"
    )
    print(f"median {statistics.median(delays):.0f} ms   p95 {percentile[94]:.0f} ms   "
          f"p99 {percentile[98]:.0f} ms   worst {delays[-1]:.0f} ms")  # fmt: skip


if __name__ == "__main__":
    main()
