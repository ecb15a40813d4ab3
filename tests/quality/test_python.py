"""The checkers that keep the house in order, run as tests so that one command finds everything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECKS = {
    "ruff": ["-m", "ruff", "check", "jupyter_persian_ai", "tests"],
    "format": ["-m", "ruff", "format", "--check", "jupyter_persian_ai", "tests"],
    "types": ["-m", "mypy"],
    "layers": ["-c", "from importlinter.cli import lint_imports_command as c; c()"],
}


@pytest.mark.parametrize("name", CHECKS)
def test_checker_finds_nothing(name: str) -> None:
    done = subprocess.run(
        [sys.executable, *CHECKS[name]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _sources(*endings: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    return [ROOT / name for name in listed if name.endswith(endings) and (ROOT / name).is_file()]


def test_no_module_is_larger_than_five_hundred_lines() -> None:
    generated = {"protocol.ts"}
    long = {
        str(path.relative_to(ROOT)): lines
        for path in _sources(".py", ".ts", ".tsx")
        if path.name not in generated
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 500
    }
    assert long == {}


def test_every_module_says_what_it_owns() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in _sources(".py")
        if "jupyter_persian_ai" in path.parts
        and not path.read_text(encoding="utf-8").lstrip().startswith(('"""', 'r"""'))
    ]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    banned = {"utils", "helpers", "manager", "common", "util", "misc"}
    assert [str(p) for p in _sources(".py", ".ts", ".tsx") if p.stem in banned] == []


def test_no_file_names_a_path_of_one_machine() -> None:
    marks = ("/ro" + "ot/", "/wo" + "rk/", "/opt/" + "dev", "/ho" + "me/user")
    found = [
        f"{path.relative_to(ROOT)}: {mark}"
        for path in _sources(".py", ".ts", ".tsx", ".md", ".toml", ".json", ".ipynb", ".css", "run")
        for mark in marks
        if mark in path.read_text(encoding="utf-8")
    ]
    assert found == []
