"""The fuzz target over the readers, on the kept corpus and on inputs made of it."""

import importlib.util
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SPEC = importlib.util.spec_from_file_location("readers", Path(__file__).with_name("readers.py"))
readers = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(readers)
KEPT = readers.corpus()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("path", sorted(readers.CORPUS.iterdir()), ids=lambda path: path.name)
def test_the_corpus(folder, path):
    kept = readers.read(path.read_bytes(), folder)
    assert kept or path.name.startswith("found-")


def test_the_corpus_has_every_format():
    assert {data[0] % len(readers.NAMES) for data in KEPT} == set(range(len(readers.NAMES)))


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(KEPT), st.integers(0, 2**32))
def test_changed_inputs(folder, data, seed):
    readers.read(readers.changed(data, random.Random(seed), KEPT), folder)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, len(readers.NAMES) - 1), st.binary(max_size=500))
def test_any_bytes(folder, name, content):
    readers.read(bytes([name]) + content, folder)
