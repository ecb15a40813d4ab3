"""Pages of rows: any numbers, bounded memory."""

import pytest

from jupyter_persian_ai.datasets.canonical import RowWriter
from jupyter_persian_ai.datasets.paging import PAGE_BYTES, page


@pytest.fixture
def folder(tmp_path):
    with RowWriter(tmp_path / "rows") as writer:
        for number in range(10):
            writer.add({"text": f"سطر {number}" if number != 4 else "ب" * PAGE_BYTES})
        writer.commit()
    return tmp_path / "rows"


def test_any_numbers_in_their_order(folder):
    rows, cut = page(folder, [9, 0, 3])
    assert [row["text"] for row in rows] == ["سطر 9", "سطر 0", "سطر 3"]
    assert not cut


def test_past_the_end_there_is_nothing(folder):
    assert page(folder, [8, 9, 10, 11])[0] == [{"text": "سطر 8"}, {"text": "سطر 9"}]
    assert page(folder, [2**52]) == ([], False)
    assert page(folder, []) == ([], False)


def test_a_page_that_is_too_large_has_beginnings_of_its_longest(folder):
    rows, cut = page(folder, range(10))
    assert cut
    assert rows[3]["text"] == "سطر 3"
    assert rows[4]["text"].startswith("ببب")
    assert rows[4]["text"].endswith("…")
    assert len(rows[4]["text"]) < 2000
