"""What Binder runs: the scripts are sound, and the samples are there when a session begins."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BINDER = Path(__file__).parents[2] / "binder"


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_scripts_are_sound(name: str) -> None:
    assert os.access(BINDER / name, os.X_OK)
    subprocess.run(["bash", "-n", str(BINDER / name)], check=True)


def test_start_hands_over_with_the_data_root(tmp_path: Path) -> None:
    said = subprocess.run(
        [str(BINDER / "start"), "printenv", "JUPYTER_PERSIAN_AI_DATA_DIR"],
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == str(tmp_path / ".persian_ai_demo")


def test_lab_opens_on_the_panel() -> None:
    config = json.loads((BINDER / "jupyter_server_config.json").read_text("utf-8"))
    assert config["LabApp"]["default_url"] == "/lab?persian-ai=home"


def test_samples_are_imported_once(tmp_path: Path, jupyter: Callable[..., Any]) -> None:
    pytest.importorskip("hafez")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "JPY"))}
    environment["JUPYTER_RUNTIME_DIR"] = str(tmp_path / "runtime")
    environment["JUPYTER_PERSIAN_AI_DATA_DIR"] = str(tmp_path / "data")
    for _ in range(2):
        subprocess.run(
            [sys.executable, str(BINDER / "samples.py")], env=environment, check=True, timeout=120
        )
    server = jupyter(data_dir=tmp_path / "data")
    items = server.client().get("datasets").json()["items"]
    assert sorted(item["shape"] for item in items) == ["prompt_answer", "text", "text_label"]
