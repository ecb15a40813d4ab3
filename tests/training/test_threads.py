"""Threads: small models leave a core free, containers' limits are heeded."""

from __future__ import annotations

import pytest

from jupyter_persian_ai.training.threads import available_cores, threads_for


@pytest.mark.parametrize(
    ("limit", "most"), [("200000 100000", 2), ("50000 100000", 1), ("max 100000", None), ("", None)]
)
def test_a_container_limit_is_heeded(tmp_path, limit, most):
    path = tmp_path / "cpu.max"
    path.write_text(limit)
    unlimited = available_cores(tmp_path / "none")
    assert unlimited >= 1
    assert available_cores(path) == (unlimited if most is None else min(most, unlimited))


@pytest.mark.parametrize(
    ("positions", "hidden", "cores", "threads"),
    [(512, 128, 2, 1), (512, 128, 1, 1), (512, 128, 8, 7), (8192, 2048, 2, 2), (8192, 2048, 8, 8)],
)
def test_small_models_leave_a_core_free(positions, hidden, cores, threads):
    assert threads_for(positions, hidden, cores) == threads
