"""Importing a large .jsonl: ours beside `datasets.load_dataset` and pandas, MB/s and peak memory.

Run: `python tests/bench/import_jsonl.py` (1 GB; `--megabytes 200` for a first look). Each arm is a
fresh process, arms take turns. MB are bytes of the file. Ours is the whole of an import: UTF-8 and
JSON checked, rows formed, written in canonical form with an index and a sha256, every row screened
for findings and counted. `ours-1` is the same in one process, `read` only the first half of it:
everything that is written, without findings and counts. The others parse the file and check
neither fields nor texts; `load_dataset` writes Arrow, pandas keeps it in memory.

Rows are sentences of Hafez' prose retellings in random order, with an address and a number; a third
of them have several paragraphs, so that there are escapes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from measuring import spread, table

ARMS = ("ours", "ours-1", "read", "datasets", "pandas")


def write_rows(path: Path, megabytes: float) -> None:
    """A file of at least so many megabytes."""
    from jupyter_persian_ai.datasets.samples import samples

    prose = next(sample for sample in samples() if sample.id == "ghazal_prose")
    told = " ".join(row["answer"] for row in prose.rows())
    sentences = [one.strip() + "." for one in told.split(".") if len(one.strip()) > 20]
    drawn = random.Random(7)
    size, rows = 0, 0
    with path.open("wb") as file:
        while size < megabytes * 1e6:
            lines = []
            for _ in range(200):
                rows += 1
                picked = drawn.choices(sentences, k=drawn.randint(2, 12))
                mark = "\n" if rows % 3 == 0 else " "
                row = {
                    "id": rows,
                    "url": f"https://example.ir/{drawn.randrange(10**9)}",
                    "text": f"{mark.join(picked)} {rows}",
                }
                lines.append(json.dumps(row, ensure_ascii=False))
            size += file.write(("\n".join(lines) + "\n").encode())


def ours(path: Path, folder: Path, *, processes: int) -> int:
    """The import as a user's job does it, in this process and those that it starts."""
    from jupyter_persian_ai.datasets.importing import import_file

    asked = {"path": str(path), "out_dir": str(folder / "rows"), "processes": processes}
    return int(import_file(asked)["report"]["stats"]["rows"])


def read_only(path: Path, folder: Path) -> int:
    """Reading, checking and writing without findings and counts, in one process."""
    from jupyter_persian_ai.datasets.canonical import RowWriter
    from jupyter_persian_ai.datasets.json_lines import JsonLines, whole_lines
    from jupyter_persian_ai.datasets.shapes import Fields
    from jupyter_persian_ai.datasets.source import Meter, opened, source_of
    from jupyter_persian_ai.protocol.data import DatasetShape

    with opened(str(path), Meter()) as file, RowWriter(folder / "rows") as writer:
        source = source_of(file, path.name, path.name, encoding=None, max_line_bytes=1 << 24)
        reader = JsonLines(source, Fields(DatasetShape.TEXT, {"text": "text"}))
        for lines in whole_lines(source.raw_blocks(), path.name, 1 << 24):
            block = reader.block(lines)
            writer.add_lines(block.lines, block.lengths)
        writer.commit()
        return writer.rows


def load_dataset(path: Path, folder: Path) -> int:
    """What the library makes of the file: Arrow in its cache."""
    import datasets

    datasets.disable_progress_bars()
    made = datasets.load_dataset("json", data_files=str(path), cache_dir=str(folder))
    return len(made["train"])


def read_json(path: Path, _: Path) -> int:
    """A table in memory."""
    import pandas

    return len(pandas.read_json(path, lines=True))


def run(arm: str, path: Path, folder: Path) -> dict[str, Any]:
    """One arm, inside its process."""
    ways: dict[str, Any] = {
        "ours": lambda: ours(path, folder, processes=0),
        "ours-1": lambda: ours(path, folder, processes=1),
        "read": lambda: read_only(path, folder),
        "datasets": lambda: load_dataset(path, folder),
        "pandas": lambda: read_json(path, folder),
    }
    begun = time.perf_counter()
    rows = ways[arm]()
    return {"seconds": time.perf_counter() - begun, "rows": rows}


def measured(arm: str, path: Path) -> dict[str, Any]:
    """One arm in a fresh process: seconds, CPU seconds and the peak of what it and its children
    hold, pages that they share counted once (`pss`) and as often as they are held (`rss`).
    """
    folder = Path(tempfile.mkdtemp(dir=path.parent))
    told = [sys.executable, __file__, "--arm", arm, "--file", str(path), "--folder", str(folder)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    try:
        with subprocess.Popen(told, stdout=subprocess.PIPE, env=environment) as child:
            peaks = {"rss": 0, "pss": 0}
            whole = psutil.Process(child.pid)
            cpu: dict[int, float] = {}
            while child.poll() is None:
                now = {"rss": 0, "pss": 0}
                with suppress(psutil.NoSuchProcess):
                    for one in [whole, *whole.children(recursive=True)]:
                        with suppress(psutil.NoSuchProcess):
                            held = one.memory_full_info()
                            now["rss"] += held.rss
                            now["pss"] += held.pss
                            used = one.cpu_times()
                            cpu[one.pid] = used.user + used.system
                peaks = {name: max(value, now[name]) for name, value in peaks.items()}
                time.sleep(0.1)
            said = json.loads(child.stdout.read() if child.stdout else b"{}")
        return {**said, **peaks, "cpu": sum(cpu.values())}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--megabytes", type=float, default=1000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=ARMS)
    parser.add_argument("--arm", choices=ARMS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.arm:
        print(json.dumps(run(asked.arm, asked.file, asked.folder)))
        return
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "rows.jsonl"
        write_rows(path, asked.megabytes)
        size = path.stat().st_size / 1e6
        found: dict[str, list[dict[str, Any]]] = {arm: [] for arm in asked.arms}
        for _ in range(asked.rounds):
            for arm in asked.arms:
                found[arm].append(measured(arm, path))
    first = [size / one["seconds"] for one in found[asked.arms[0]]]
    rows = []
    for arm, runs in found.items():
        speeds = [size / one["seconds"] for one in runs]
        rows.append(
            [
                arm,
                spread(speeds, 0),
                spread([mine / its for mine, its in zip(first, speeds, strict=True)]),
                spread([one["cpu"] / size * 1000 for one in runs], 1),
                spread([one["rss"] / 1e6 for one in runs], 0),
                spread([one["pss"] / 1e6 for one in runs], 0),
                f"{runs[0]['rows']:,}",
            ]
        )
    print(f"{size:,.0f} MB, {os.cpu_count()} cores\n")
    print(table(["", "MB/s", "ours is x", "CPU ms/MB", "RSS MB", "PSS MB", "rows"], rows))


if __name__ == "__main__":
    main()
