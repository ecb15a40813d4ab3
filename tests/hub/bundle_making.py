"""A small folder and bundles of it, for the tests of bundles; load it by its path."""

import hashlib

import pytest

from jupyter_persian_ai.hub.bundles import pack, reading, staging, writing

MB = 1_000_000
ROOT = "model-v1-abc123"
#: Sizes around the blocks of a tar, and one that reaches over parts.
SIZES = {
    "config.json": 511,
    "model-00001.safetensors": 2_500_000,
    "model-00002.safetensors": 2_200_001,
    "tokenizer.json": 512,
    "خوانش.md": 513,
    "LICENSE": 0,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("source")
    for number, (name, size) in enumerate(SIZES.items()):
        block = hashlib.sha256(str(number).encode()).digest()
        (folder / name).write_bytes((block * (size // 32 + 1))[:size])
    return folder


@pytest.fixture
def order(folder, tmp_path):
    """`order(part_bytes)` into a folder of its own."""

    def make(part_bytes=0, **changes):
        out = tmp_path / f"out{part_bytes}"
        out.mkdir(exist_ok=True)
        told = {
            "subject": "model",
            "name": "مدل",
            "license": "apache-2.0",
            "root": ROOT,
            "sources": [(name, folder / name) for name in SIZES],
            "out": out,
            "part_bytes": part_bytes,
            "by_version": "1.0",
            "about": {"architecture": "LlamaForCausalLM"},
        }
        return pack.Order(**(told | changes))

    return make


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "packing.json"


def silent(*_):
    pass


def same(folder, other):
    """Whether `other` holds exactly the files of `folder`, beside its journal."""
    names = {path.name for path in other.iterdir()} - {staging.JOURNAL}
    return names == set(SIZES) and all(
        (other / name).read_bytes() == (folder / name).read_bytes() for name in names
    )


def names(folder):
    return sorted(path.name for path in folder.iterdir())


class Stop(Exception):
    pass


def stopping(after):
    """A tick that ends the work after so many calls, and remembers them."""

    def tick(done, total, name):
        assert 0 < done <= total
        tick.places.append(done)
        if len(tick.places) > after:
            raise Stop

    tick.places = []
    return tick


@pytest.fixture
def small_pieces(monkeypatch):
    """So that little files are read and noted in many steps."""
    monkeypatch.setattr(pack, "PIECE", 100_000)
    monkeypatch.setattr(writing, "PIECE", 100_000)
    monkeypatch.setattr(reading, "PIECE", 100_000)
    monkeypatch.setattr(pack, "NOTED_BYTES", 200_000)
    monkeypatch.setattr(reading, "NOTED_BYTES", 200_000)
