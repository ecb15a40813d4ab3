"""Loading the extension is cheap: it brings neither torch nor what comes with it."""

import json
import subprocess
import sys

HEAVY = ("torch", "transformers", "tokenizers", "peft", "pandas", "bokeh", "datasets",
         "huggingface_hub", "safetensors", "jupyterlab")  # fmt: skip


def modules_after(code):
    run = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys, json; print(json.dumps(list(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.split(".")[0] for name in json.loads(run.stdout)}


def test_the_extension():
    loaded = modules_after("import jupyter_persian_ai as p; p._jupyter_server_extension_points()")
    assert "tornado" in loaded
    assert not loaded & {*HEAVY, "sqlalchemy"}


def test_the_services():
    assert not modules_after("import jupyter_persian_ai.services.service") & set(HEAVY)


def test_the_package_alone():
    loaded = modules_after("import jupyter_persian_ai")
    assert not loaded & {*HEAVY, "sqlalchemy", "tornado", "jupyter_server"}
