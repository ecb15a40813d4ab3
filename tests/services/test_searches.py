"""Searches that go on from request to request, and how many are remembered."""

import asyncio

import pytest

from jupyter_persian_ai.datasets.canonical import RowWriter
from jupyter_persian_ai.protocol.quality import FindingCode
from jupyter_persian_ai.services import dataset_searches
from jupyter_persian_ai.services.dataset_searches import Searches, Sought

ROWS = 60_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows") / "rows"
    with RowWriter(folder) as writer:
        for number in range(ROWS):
            writer.add({"text": f"سطر {number} از بسیار" + (" گنج" if number % 1000 == 0 else "")})
        writer.commit()
    return folder


def ask(searches, folder, q="گنج", offset=0, limit=5, finding=None):
    return asyncio.run(searches.page(folder, "sha", Sought(offset, limit, q, finding)))


def test_a_search_answers_at_once_and_goes_on(folder, monkeypatch):
    monkeypatch.setattr(dataset_searches, "SECONDS", 0.0)
    searches, seen = Searches(), []
    while not (seen and seen[-1].complete):
        seen.append(ask(searches, folder))
    assert len(seen) > 1
    assert [rows.total for rows in seen] == sorted(rows.total for rows in seen)
    assert [rows.share for rows in seen] == sorted(rows.share for rows in seen)
    assert seen[-1].total == ROWS // 1000
    assert seen[-1].numbers == [0, 1000, 2000, 3000, 4000]
    assert ask(searches, folder, offset=58).numbers == [58_000, 59_000]


def test_many_at_once(folder):
    searches = Searches()

    async def many():
        words = ["گنج", "سطر 1", "نیست"] * 5
        return await asyncio.gather(
            *(searches.page(folder, "sha", Sought(limit=3, q=word)) for word in words)
        )

    assert len(asyncio.run(many())) == 15
    assert len(searches._known) == 3


def test_only_so_many_are_remembered(folder, monkeypatch):
    monkeypatch.setattr(dataset_searches, "REMEMBERED", 4)
    searches = Searches()
    for number in range(10):
        ask(searches, folder, q=str(number))
    assert [key[1] for key in searches._known] == ["6", "7", "8", "9"]
    monkeypatch.setattr(dataset_searches, "NUMBERS", 10)
    ask(searches, folder, q="x")
    assert [key[1] for key in searches._known] == ["x"]


def test_rows_that_were_marked_anew_are_looked_for_anew(folder):
    flags = folder / "rows.flags"
    searches = Searches()
    flags.write_bytes(bytes(4 * ROWS))
    html = FindingCode.HTML
    assert ask(searches, folder, q="", finding=html).total == 0
    bit = 1 << list(FindingCode).index(html)
    flags.write_bytes(bit.to_bytes(4, "little") * ROWS)
    assert ask(searches, folder, q="", finding=html).total == ROWS
    flags.unlink()
