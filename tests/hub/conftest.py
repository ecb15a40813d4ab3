"""A real, tiny model folder, made once; tests bend copies of it."""

import shutil

import pytest


@pytest.fixture(scope="session")
def pristine(tmp_path_factory, tiny_llama):
    folder = tmp_path_factory.mktemp("pristine") / "model"
    folder.mkdir()
    for name, content in tiny_llama.files().items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def model(pristine, tmp_path):
    """A copy that a test may bend."""
    return shutil.copytree(pristine, tmp_path / "model")


@pytest.fixture
def parameters(weights_of_model):
    return sum(tensor.size for tensor in weights_of_model.values())


@pytest.fixture
def weights_of_model(tiny_llama):
    return tiny_llama.tensors()
