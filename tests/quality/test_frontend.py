"""TypeScript strict, ESLint without warnings, unit tests, and no drift of the generated types."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FRONT = Path(__file__).parents[2] / "labextension"
pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed"),
    pytest.mark.slow,
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module", autouse=True)
def _packages() -> None:
    """The wheel's build leaves them; a checkout whose build was skipped has to fetch them."""
    if not (FRONT / "node_modules" / ".yarn-state.yml").exists():
        subprocess.run(
            [sys.executable, "-m", "jupyter_builder.jlpm", "install"], cwd=FRONT, check=True
        )


@pytest.mark.parametrize("script", ["typecheck", "lint", "test", "protocol:check"])
def test_script_finds_nothing(script: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jupyter_builder.jlpm", "run", script],
        cwd=FRONT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-4000:]
