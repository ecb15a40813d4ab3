"""A hundred and more attacks at every door: looked at, registered, converted, loaded to be talked
to, loaded to be trained. Each is refused by name, and the canary file is never made."""

import contextlib
import importlib.util
import json
import re
from pathlib import Path

import pytest

from jupyter_persian_ai import errors
from jupyter_persian_ai.hub.gguf_header import read_gguf
from jupyter_persian_ai.hub.inspect import inspect_folder
from jupyter_persian_ai.hub.pickled import inspect_pickled
from jupyter_persian_ai.jobs import confined, lockdown


def beside(name):
    """A module of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


malicious = beside("malicious")
malicious_gguf = beside("malicious_gguf")

#: Names that say nothing of what is wrong.
GROUPS = {"internal_error", "model_problem", "hub_problem", "dataset_problem"}


@pytest.fixture
def attack(pristine, tmp_path, canary, canary_pickle):
    def made(name):
        folder = malicious.copied(pristine, tmp_path / "model", canary)
        malicious.CASES[name](folder, lambda protocol=2: canary_pickle(protocol))
        return folder

    return made


def refused(act, *arguments, **options):
    """The named error that `act` ends with."""
    with pytest.raises(errors.PersianAIError) as caught:
        act(*arguments, **options)
    body = caught.value.body
    assert body.code not in GROUPS
    assert not re.search(r"\{[a-z_]+\}", body.message + body.message_fa)
    json.dumps(body.details)
    return caught.value


def test_there_are_enough():
    assert len(malicious.CASES) >= 100
    assert len(malicious_gguf.GGUFS) >= 25


def test_what_they_bend_is_sound(pristine, tmp_path, canary):
    folder = malicious.copied(pristine, tmp_path / "model", canary)
    assert inspect_folder({"path": str(folder)})["model_type"] == "llama"
    (tmp_path / "sound.gguf").write_bytes(malicious_gguf.SOUND_GGUF)
    assert read_gguf({"path": str(tmp_path / "sound.gguf")})["vocabulary"] == 4


@pytest.mark.parametrize("name", malicious.CASES)
def test_refused_at_every_door(attack, name):
    from jupyter_persian_ai.inference.loading import load_model
    from jupyter_persian_ai.training import models

    folder = attack(name)
    refused(inspect_folder, {"path": str(folder)})
    refused(load_model, folder)
    refused(models.load_model, folder, None)


@pytest.mark.parametrize("name", malicious.PICKLES)
def test_not_converted(attack, tmp_path, name):
    """Nothing of it is carried out, though the machine that reads it is not even locked in."""
    from jupyter_persian_ai.conversion.pickle_child import convert

    folder = attack(name)
    try:
        found = inspect_pickled({"path": str(folder)})
    except errors.PickleRefused:
        return  # a format of which no weights are taken
    with (folder / found["files"][0]).open("rb") as source, (tmp_path / "out").open("wb") as target:
        file = {"source": source.fileno(), "target": target.fileno(), "name": found["files"][0]}
        payload = {"files": [file], "tied": True, "bytes": 1}
        assert isinstance(refused(convert, payload), errors.PickleRefused)


@pytest.mark.parametrize("name", ["calls os.system", "zip bomb", "an old file of torch"])
def test_not_converted_in_the_locked_process(attack, tmp_path, name):
    folder = attack(name)
    file = {"source": str(folder / "pytorch_model.bin"), "target": str(tmp_path / "out")}
    error = refused(
        confined.call,
        "jupyter_persian_ai.conversion.pickle_child:convert",
        {"files": [file | {"name": "pytorch_model.bin"}], "tied": True, "bytes": 1},
        memory_bytes=2**30,
        seconds=60,
        lockdown=lockdown.LAYERS,
    )
    assert isinstance(error, errors.PickleRefused | errors.LockdownMissing)


@pytest.mark.parametrize("name", malicious_gguf.GGUFS)
def test_gguf(tmp_path, name):
    path = tmp_path / "model.gguf"
    path.write_bytes(malicious_gguf.GGUFS[name])
    error = refused(read_gguf, {"path": str(path)})
    assert isinstance(error, errors.GgufDamaged)
    assert isinstance(refused(inspect_folder, {"path": str(tmp_path)}), errors.ModelGguf)


def test_gguf_cut_anywhere_and_with_any_bit_turned(tmp_path):
    """Never anything but an answer or a named error."""
    path, sound = tmp_path / "model.gguf", malicious_gguf.SOUND_GGUF
    for length in range(0, len(sound), 3):
        path.write_bytes(sound[:length])
        refused(read_gguf, {"path": str(path)})
    for place in range(len(sound) - 256):
        raw = bytearray(sound)
        raw[place] ^= 1 << place % 8
        path.write_bytes(raw)
        with contextlib.suppress(errors.GgufDamaged, errors.ModelUnsupported):
            read_gguf({"path": str(path)})


def test_a_template_that_only_shows_when_it_runs(model):
    """Where memory is limited a template is tried: it doubles itself a hundred times."""
    (model / "chat_template.jinja").write_text(
        "{% set n = namespace(x='aaaa') %}"
        "{% for i in range(100) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}"
    )
    error = refused(
        confined.call,
        "jupyter_persian_ai.hub.inspect:inspect_folder",
        {"path": str(model)},
        memory_bytes=2**30,
        seconds=60,
    )
    assert isinstance(error, errors.ModelUnsafe | errors.DatasetLimit)


def test_a_template_that_would_run_for_ever(model):
    (model / "chat_template.jinja").write_text(
        "{% for a in range(99999) %}"
        + "".join(f"{{% for m{n} in messages %}}" for n in range(12))
        + "{% endfor %}" * 13
    )
    error = refused(
        confined.call,
        "jupyter_persian_ai.hub.inspect:inspect_folder",
        {"path": str(model)},
        memory_bytes=2**30,
        seconds=120,
    )
    assert isinstance(error, errors.ModelUnsafe)
