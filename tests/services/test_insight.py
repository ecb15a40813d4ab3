"""What is made once: by one of those who ask, for all of them, however long it takes."""

import asyncio

import psutil
import pytest

from jupyter_persian_ai.errors import DatasetEmpty, StillCounting
from jupyter_persian_ai.services import dataset_insight
from jupyter_persian_ai.services.confining import confine
from jupyter_persian_ai.services.dataset_insight import Insight
from jupyter_persian_ai.services.figures import Figures
from jupyter_persian_ai.settings import Settings


@pytest.fixture
def insight(tmp_path):
    return Insight(None, Settings(data_dir=tmp_path), Figures())


def test_of_many_that_ask_one_makes_it(insight):
    made = []

    async def make():
        made.append(1)
        await asyncio.sleep(0.01)
        return {"made": len(made)}

    async def ask():
        answers = await asyncio.gather(*(insight._made("k", make) for _ in range(5)))
        return answers, await insight._made("k", make)

    answers, later = asyncio.run(ask())
    assert answers == [{"made": 1}] * 5
    assert later == {"made": 1}


def test_what_takes_long_goes_on_and_is_there_later(insight, monkeypatch):
    monkeypatch.setattr(dataset_insight, "PATIENCE", 0.01)

    async def ask():
        gate = asyncio.Event()

        async def make():
            await gate.wait()
            return {"made": 1}

        for _ in range(3):
            with pytest.raises(StillCounting):
                await insight._made("k", make)
        gate.set()
        await asyncio.sleep(0.05)
        return await insight._made("k", make)

    assert asyncio.run(ask()) == {"made": 1}


def test_a_failure_is_told_and_not_remembered(insight):
    async def ask():
        async def fail():
            raise DatasetEmpty(name="a", rows=0)

        async def make():
            return {"made": 1}

        with pytest.raises(DatasetEmpty):
            await insight._made("k", fail)
        return await insight._made("k", make)

    assert asyncio.run(ask()) == {"made": 1}


def test_a_server_that_stops_waits_for_nothing(insight, monkeypatch):
    monkeypatch.setattr(dataset_insight, "PATIENCE", 0.01)

    async def ask():
        with pytest.raises(StillCounting):
            await insight._made("k", asyncio.Event().wait)
        await insight.stop()
        return list(insight._making)

    assert asyncio.run(ask()) == []


def test_a_process_that_nobody_waits_for_any_more_ends(tmp_path):
    settings = Settings(data_dir=tmp_path)
    # Other tests of this process may have left theirs.
    before = set(psutil.Process().children())

    async def ask():
        waiting = asyncio.create_task(confine(settings, "time:sleep", 600))
        await asyncio.sleep(2)
        assert set(psutil.Process().children()) - before
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    asyncio.run(ask())  # which waits for its threads, and those for the process
    assert set(psutil.Process().children()) <= before
