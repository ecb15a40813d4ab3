"""Another back end runs in a process of its own, and what goes wrong there is told."""

from __future__ import annotations

import asyncio
import sys

import pytest

from jupyter_persian_ai.errors import NormaliserFailed
from jupyter_persian_ai.persian import backends
from jupyter_persian_ai.protocol.normaliser import NormaliseAsk, NormaliserRecipe
from jupyter_persian_ai.services.persian import Persian

BACKEND = """
import os


class Normalizer:
    def __init__(self, **switches):
        pass

    def normalize(self, text):
        if text == "شکست":
            raise RuntimeError("نشد")
        return f"{text} {os.getpid()}"
"""


@pytest.fixture
def rishe_here(tmp_path, monkeypatch):
    """A distribution named rishe on disk, that says in which process it ran."""
    if backends.installed("rishe"):
        pytest.skip("the real one is installed")
    info = tmp_path / "rishe-9.8.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rishe\nVersion: 9.8\n")
    (tmp_path / "rishe.py").write_text(BACKEND, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))


def normalised(text):
    ask = NormaliseAsk(text=text, recipe=NormaliserRecipe(backend="rishe"))
    return asyncio.run(Persian().normalise(ask))


def test_it_never_comes_into_the_server(rishe_here):
    one, two = normalised("متن"), normalised("متن")
    assert one.text.startswith("متن ")
    assert one.text != two.text
    assert one.counts == {"rishe": 1}
    assert "rishe" not in sys.modules


def test_its_failure_is_told(rishe_here):
    with pytest.raises(NormaliserFailed) as failed:
        normalised("شکست")
    assert "نشد" in failed.value.body.message_fa
