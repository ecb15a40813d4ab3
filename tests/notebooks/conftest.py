"""A user who has no Jupyter server of ours: notebooks start the service by themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of a user without any Jupyter server; both notebooks find one service."""
    folder = tmp_path_factory.mktemp("alone")
    patch = pytest.MonkeyPatch()
    for name in list(os.environ):
        if name.startswith(("JUPYTER", "JPY")):
            patch.delenv(name)
    patch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "runtime"))
    patch.setenv("JUPYTER_PERSIAN_AI_DATA_DIR", str(folder / "data"))
    patch.setenv("IPYTHONDIR", str(folder / "ipython"))
    patch.setenv("OMP_NUM_THREADS", "1")
    yield folder
    patch.undo()
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
        except psutil.Error:
            continue
        if "jupyter_persian_ai.cli" in command and str(folder / "data") in command:
            process.terminate()
            process.wait(60)
