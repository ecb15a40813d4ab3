"""A few rounds of `tests/soak/killing.py`, whose full figures have a command of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "soak" / "killing.py"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_kill_9_at_random_steps_and_while_saving():
    done = subprocess.run(
        [sys.executable, SCRIPT, "--resumes", "3", "--checkpoints", "30", "--seed", "7"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert "3 resumed runs" in done.stdout
    assert "30 kills while saving, 3 damaged on purpose: 0 failed" in done.stdout
