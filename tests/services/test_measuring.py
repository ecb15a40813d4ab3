"""What is measured once and remembered: the machine, the tokens of a dataset; rehearsals."""

import asyncio
import json

import pytest

from jupyter_persian_ai.errors import Busy, DatasetLimit, PersianAIError, TooSlowToTry
from jupyter_persian_ai.services import devices, rehearsals, token_counts
from jupyter_persian_ai.services.devices import Devices
from jupyter_persian_ai.services.rehearsals import Rehearsals
from jupyter_persian_ai.services.token_counts import TokenCounts
from jupyter_persian_ai.settings import Settings

FOUND = {
    "process_bytes": 300 * 2**20,
    "adapter_bytes": 50 * 2**20,
    "kind": "cpu",
    "bf16": False,
    "flops": 1e11,
    "bf16_flops": 0.0,
    "cores": 2,
    "gpus": 0,
}


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path)


@pytest.fixture
def calls(monkeypatch):
    """Stands where a process would be started: the process itself has tests of its own."""
    made = []

    def answer(target, payload, **limits):
        made.append((target, payload))
        told = answer.tell
        if isinstance(told, Exception):
            raise told
        return told

    answer.tell = {}
    answer.made = made
    for module in (devices, rehearsals, token_counts):
        monkeypatch.setattr(module.confined, "call", answer)
    return answer


def test_the_machine_is_measured_once(settings, calls):
    calls.tell = FOUND

    async def ask():
        first = Devices(settings)
        at_once = await first.now()
        measured = await first.measured()
        again = Devices(settings)
        return at_once, measured, await again.now()

    at_once, measured, again = asyncio.run(ask())
    assert not at_once.measured
    assert measured.measured
    assert measured.process_bytes == FOUND["process_bytes"]
    assert again.measured
    assert len(calls.made) == 1


def test_another_installation_is_measured_anew(settings, calls):
    calls.tell = FOUND
    path = settings.data_dir / "device.json"
    path.write_text(json.dumps({**FOUND, "of": "python 2"}), encoding="utf-8")
    asyncio.run(Devices(settings).measured())
    assert len(calls.made) == 1


def test_a_machine_that_cannot_be_measured_has_typical_figures(settings, calls):
    calls.tell = PersianAIError()
    device = asyncio.run(Devices(settings).measured())
    assert not device.measured
    assert device.memory > 0


def count(counts, path, **given):
    asked = {"recipe": "pretrain", "tokenizer": None, "vocabulary": 300} | given
    return counts.of(dataset_sha256="ab", rows_path=path, **asked)


def test_tokens_are_counted_once_for_each_tokenizer(settings, calls, tmp_path):
    calls.tell = {"units": []}

    async def ask():
        counts = TokenCounts(settings)
        tokenizer = tmp_path / "tokenizer.json"
        tokenizer.write_text("{}")
        await asyncio.gather(*(count(counts, tmp_path) for _ in range(3)))
        await count(counts, tmp_path, recipe="sft")
        await count(counts, tmp_path, tokenizer=tokenizer)
        await count(counts, tmp_path, tokenizer=tokenizer)
        assert await count(counts, tmp_path, tokenizer=tmp_path / "none.json") is None

    asyncio.run(ask())
    assert len(calls.made) == 3


def test_data_that_cannot_be_counted_is_not_counted_again(settings, calls, tmp_path):
    calls.tell = DatasetLimit(name="x", what="memory", limit="1")

    async def ask():
        counts = TokenCounts(settings)
        return [await count(counts, tmp_path) for _ in range(2)]

    assert asyncio.run(ask()) == [None, None]
    assert len(calls.made) == 1


def test_a_rehearsal_killed_for_memory_is_an_answer(settings, calls):
    calls.tell = DatasetLimit(name="x", what="memory", what_fa="حافظه", limit="1")
    told = asyncio.run(Rehearsals(settings).take("pretrain", {}, {}))
    assert told["fits"] is False
    assert not list((settings.data_dir / "rehearsals").iterdir())


def test_a_rehearsal_without_end_is_an_error(settings, calls):
    calls.tell = DatasetLimit(name="x", what="time", what_fa="زمان", limit="1")
    with pytest.raises(TooSlowToTry):
        asyncio.run(Rehearsals(settings).take("pretrain", {}, {}))


def test_one_rehearsal_at_a_time(settings, calls, monkeypatch):
    async def ask():
        trying = Rehearsals(settings)
        async with trying._busy:
            with pytest.raises(Busy):
                await trying.take("pretrain", {}, {})

    asyncio.run(ask())
    assert calls.made == []
