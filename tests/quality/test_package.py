"""What installing gives: both extensions enabled, the command, the front ends, light imports."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

DIST = "jupyter_persian_ai"


def _installed_files() -> list[str]:
    distribution = metadata.distribution(DIST)
    return [str(file) for file in distribution.files or []]


@pytest.fixture(scope="module")
def files() -> list[str]:
    try:
        found = _installed_files()
    except metadata.PackageNotFoundError:
        pytest.skip("the package runs from a checkout that was not installed")
    if not any(name.startswith("jupyter_persian_ai/cli.py") for name in found):
        pytest.skip("the package is installed in editable form")
    return found


@pytest.mark.parametrize(
    "wanted",
    [
        "share/jupyter/labextensions/jupyter-persian-ai/package.json",
        "share/jupyter/labextensions/jupyter-persian-ai/install.json",
        "etc/jupyter/jupyter_server_config.d/jupyter_persian_ai.json",
        "jupyter_persian_ai/widgets/static/widget.js",
        "jupyter_persian_ai/py.typed",
    ],
)
def test_the_wheel_holds(files: list[str], wanted: str) -> None:
    assert any(name.endswith(wanted) for name in files)


def test_the_front_end_of_the_wheel_is_complete(files: list[str]) -> None:
    package = next(
        name for name in files if name.endswith("labextensions/jupyter-persian-ai/package.json")
    )
    folder = Path(str(metadata.distribution(DIST).locate_file(package))).resolve().parent
    build = json.loads((folder / "package.json").read_text(encoding="utf-8"))["jupyterlab"][
        "_build"
    ]
    assert (folder / build["load"]).is_file()


def test_importing_the_package_is_light() -> None:
    code = (
        "import sys, jupyter_persian_ai as pai;"
        "heavy = {'torch', 'transformers', 'sqlalchemy', 'pandas', 'bokeh'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
