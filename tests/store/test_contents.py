"""Content folders come and go with what has them, whatever fails in between."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from jupyter_persian_ai.datasets.canonical import RowWriter
from jupyter_persian_ai.errors import Conflict
from jupyter_persian_ai.protocol.base import new_id, now
from jupyter_persian_ai.protocol.data import Dataset, DatasetReport, DatasetStats
from jupyter_persian_ai.services.contents import Contents
from jupyter_persian_ai.settings import Settings
from jupyter_persian_ai.store import datasets, users, versions

SHA = "ab" * 32


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path / "root")


@pytest.fixture
def user(sara):
    return sara


@pytest.fixture
def contents(settings):
    return Contents(settings)


def staged(tmp_path):
    folder = tmp_path / new_id()
    with RowWriter(folder) as writer:
        writer.add({"text": "سلام"})
        writer.commit()
    return folder


def keep(store, contents, user, folder):
    stats = DatasetStats(rows=1, characters=4, words=1)
    report = DatasetReport(
        name="a", format="txt", encoding="utf-8", shape="text", fields=[], stats=stats
    )
    dataset = Dataset(
        id=new_id(), name="a", shape="text", source="path", sha256=SHA, bytes=4, report=report,
        created=now(),
    )  # fmt: skip

    def write(session):
        users.lock(session, user)
        path = contents.keep(session, folder, SHA)
        return datasets.insert(session, user, dataset, str(path))

    return store.write(write).id


def dropped(store, contents, user, dataset_id, fail=False):
    def write(session):
        users.lock(session, user)
        held = versions.contents(session, dataset_id)
        datasets.delete(session, user, dataset_id)
        return None, Doomed(held) if fail else held

    asyncio.run(contents.dropping(store, write))


class Doomed(set):
    """Contents, of which the transaction fails after they were looked at."""

    def __iter__(self):
        yield from super().__iter__()
        raise RuntimeError("the end of the transaction")


def test_the_last_one_takes_it_along(store, contents, user, tmp_path):
    ids = [keep(store, contents, user, staged(tmp_path)) for _ in range(2)]
    assert [path.name for path in contents.folder(SHA).parent.iterdir()] == [SHA]
    dropped(store, contents, user, ids[0])
    assert contents.folder(SHA).is_dir()
    dropped(store, contents, user, ids[1])
    assert list(contents.folder(SHA).parent.iterdir()) == []


def test_a_transaction_that_fails_gives_it_back(store, contents, user, tmp_path):
    dataset = keep(store, contents, user, staged(tmp_path))
    with pytest.raises(RuntimeError):
        dropped(store, contents, user, dataset, fail=True)
    assert store.read(lambda s: datasets.get(s, user, dataset)).id == dataset
    assert [path.name for path in contents.folder(SHA).parent.iterdir()] == [SHA]


def test_what_was_never_written_cannot_be_kept(store, contents, user, tmp_path):
    with pytest.raises(Conflict):
        keep(store, contents, user, tmp_path / "nothing")
    (tmp_path / "half").mkdir()
    with pytest.raises(Conflict):
        keep(store, contents, user, tmp_path / "half")


def test_rows_of_before_get_what_they_lack(store, contents, user, tmp_path):
    keep(store, contents, user, staged(tmp_path))
    later = staged(tmp_path)
    (later / "analysis.json").write_text("{}")
    keep(store, contents, user, later)
    assert (contents.folder(SHA) / "analysis.json").is_file()
    assert not later.exists()


@pytest.mark.parametrize("committed", [True, False])
def test_a_server_that_died_while_dropping(store, contents, user, tmp_path, committed):
    dataset = keep(store, contents, user, staged(tmp_path))
    hidden = contents.folder(SHA).with_name(f".gone-{SHA}-{new_id()}")
    contents.folder(SHA).rename(hidden)
    if committed:
        store.write(lambda s: datasets.delete(s, user, dataset))
    contents.sweep(store)
    assert contents.folder(SHA).is_dir() is not committed
    assert not hidden.exists()


def test_keeping_and_dropping_at_once_never_lose_what_is_kept(store, contents, user, tmp_path):
    wrong = []
    ending = time.monotonic() + 3

    def run(number):
        while time.monotonic() < ending:
            mine = keep(store, contents, user, staged(tmp_path))
            if not (contents.folder(SHA) / "rows.jsonl").is_file():
                wrong.append(number)
            dropped(store, contents, user, mine)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert list(contents.folder(SHA).parent.iterdir()) == []
