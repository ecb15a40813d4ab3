"""Search, differences and exports of stored rows, against slow ways to the same answers."""

import csv
import io
import threading

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_persian_ai.datasets import (
    diffing,
    exporting,
    findings,
    rows,
    searching,
    spreadsheet,
    steps,
)
from jupyter_persian_ai.datasets.analysis import analyse_folder
from jupyter_persian_ai.datasets.canonical import RowWriter
from jupyter_persian_ai.datasets.searching import Search
from jupyter_persian_ai.protocol.quality import FindingCode

TALK = {
    "messages": [
        {"role": "user", "content": 'گفت: "سلام"\nو رفت \\ n user'},
        {"role": "assistant", "content": "content: {خوب}, role"},
    ]
}
ENTITIES = {"tokens": ["علی", "به", "شیراز", "رفت"], "tags": ["B-PER", "O", "B-LOC", "O"]}


def found(folder, query, finding=None):
    search = Search(folder, query, finding)
    while not search.complete:
        search.advance(0)
    assert search.share == 1.0
    assert search.total == len(search.numbers(0, 10**9))
    return search.numbers(0, 10**9)


def slowly(folder, query):
    kept, _ = rows.read(folder, 0, 10**9, query)
    everything = list(rows.iterate(folder))
    return [number for number, row in enumerate(everything) if row in kept]


@pytest.mark.parametrize(
    "query",
    ["سلام", "user", "content", "role", '"سلام"', "\\ n", "n user", "\\", '"', "{خوب}", "خوب}, r",
     "text", "سلام\nو", ":", '","', "۱", "u00"],
)  # fmt: skip
def test_names_and_signs_of_json_are_not_found(stored, query):
    talks = stored(TALK, {"messages": [{"role": "user", "content": "چیز دیگر \x1f ۱"}]})
    assert found(talks, query) == slowly(talks, query)


@pytest.mark.parametrize("query", ["علی به", "شیراز رفت", "B-PER O", "رفت B", "tokens", '", "'])
def test_words_beside_each_other_are_found(stored, query):
    folder = stored(ENTITIES, {"tokens": ["به علی"], "tags": ["O"]})
    assert found(folder, query) == slowly(folder, query)


@pytest.mark.parametrize("query", ["ساقی", "ساقي", "می‌رود", "ميرود", "دل", "ن", "شعر", "نثر"])
def test_it_finds_what_a_slow_search_does_in_hafez(hafez, stored, query):
    folder = stored(*hafez["verse_or_prose"])
    assert found(folder, query) == slowly(folder, query)


SIGNS = st.sampled_from([*'آیيكک‌ة۱1aAß"\\n\n\t\x0bu0:,{}[]ﻻلا😀𐐀𐐨ِ'])
TEXTS = st.lists(SIGNS, max_size=12).map("".join)


@given(st.lists(TEXTS, min_size=1, max_size=8), st.lists(SIGNS, min_size=1, max_size=3))
def test_it_finds_what_a_slow_search_does(tmp_path_factory, texts, query):
    folder = tmp_path_factory.mktemp("search")
    with RowWriter(folder) as writer:
        for number, text in enumerate(texts):
            writer.add({"text": text, "label": str(number)})
        writer.commit()
    assert found(folder, "".join(query)) == slowly(folder, "".join(query))


def test_rows_with_a_finding_are_found_alone_and_with_words(stored):
    folder = stored(*({"text": one} for one in ("كتاب خوب است", "کتاب خوب است", "علي خوب است")))
    analyse_folder({"folder": str(folder)})
    assert found(folder, "", FindingCode.ARABIC_LETTERS) == [0, 2]
    assert found(folder, "کتاب", FindingCode.ARABIC_LETTERS) == [0]
    assert found(folder, "کتاب", FindingCode.CARD) == []
    assert found(folder, "") == [0, 1, 2]
    with pytest.raises(FileNotFoundError):
        Search(stored({"text": "نو"}), "", FindingCode.CARD)


def test_it_goes_on_bit_by_bit_and_from_several_threads(stored, monkeypatch):
    monkeypatch.setattr(searching, "_TURN_BYTES", 500)
    folder = stored(*({"text": f"سطر شمارهٔ {n}"} for n in range(500)))
    search = Search(folder, "سطر")
    assert (search.total, search.share, search.complete) == (0, 0.0, False)
    search.advance(0)
    first = search.total
    assert 0 < first < 500
    assert 0 < search.share < 1
    assert search.rows(0, 2) == ([0, 1], [{"text": "سطر شمارهٔ 0"}, {"text": "سطر شمارهٔ 1"}])
    threads = [threading.Thread(target=search.advance, args=(60,)) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert search.complete
    assert search.numbers(0, 1000) == list(range(500))
    assert search.rows(499, 5)[0] == [499]


def test_a_version_differs_from_the_one_it_was_made_of(stored, tmp_path):
    folder = stored(*({"text": one} for one in ("كتاب من", "کتاب من", "چیزی دیگر", "کتاب من")))
    out = tmp_path / "out"
    asked = [{"kind": "filter", "lacks": "چیزی"}, {"kind": "normalise"}]
    steps.apply({"source_dir": str(folder), "out_dir": str(out), "steps": asked})
    made = diffing.diff(folder, out, 0, 10)
    assert (made.kept, made.changed, made.dropped, made.added, made.total) == (2, 1, 1, 0, 2)
    assert [(one.number, one.before, one.after) for one in made.rows] == [
        (0, {"text": "كتاب من"}, {"text": "کتاب من"}),
        (2, {"text": "چیزی دیگر"}, None),
    ]
    assert [one.number for one in diffing.diff(folder, out, 1, 10).rows] == [2]
    assert diffing.diff(folder, out, 0, 0).total == 2
    # Content that was made of another folder says nothing of this one.
    other = stored({"text": "کتاب من"}, {"text": "نو"}, name="other")
    back = diffing.diff(other, out, 0, 10)
    assert (back.kept, back.changed, back.dropped, back.added) == (1, 0, 1, 2)
    assert back.rows[0].after is None
    assert [one.before for one in back.rows[1:]] == [None, None]
    assert diffing.compare(
        {"from_dir": str(folder), "to_dir": str(folder), "offset": 0, "limit": 5}
    ) == {"kept": 4, "changed": 0, "dropped": 0, "added": 0, "rows": [], "total": 0}


def test_formulas_are_no_formulas_in_csv(stored):
    risky = ["=1+1", "+98", "-5", "@x", "\tx", "\rx", "\n=x", "＝1", 'a"b', "a,b", " =1", "ساده"]
    data = b"".join(exporting.csv_pieces(stored(*({"text": one} for one in risky))))
    assert data.startswith(b"\xef\xbb\xbftext\r\n")
    cells = [row[0] for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))][1:]
    assert cells == [f"'{one}" for one in risky[:8]] + risky[8:]
    plain = b"".join(exporting.csv_pieces(stored({"text": "x"}), mark=False))
    assert plain == b"text\r\nx\r\n"


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1)))
def test_csv_gives_back_every_text(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("csv")
    written = [{"text": text, "label": text[:3]} for text in [*texts, "آخر"]]
    with RowWriter(folder) as writer:
        for row in written:
            writer.add(row)
        writer.commit()
    data = b"".join(exporting.csv_pieces(folder)).decode("utf-8-sig")
    read = list(csv.DictReader(io.StringIO(data, newline="")))
    assert not any(
        cell.startswith(("=", "+", "-", "@", "\t", "\r")) for r in read for cell in r.values()
    )
    for row, back in zip(written, read, strict=True):
        for field, value in row.items():
            escaped = value.startswith(spreadsheet._FORMULA)
            assert back[field] == (f"'{value}" if escaped else value)


@pytest.mark.parametrize(
    "row",
    [
        {"text": "=متن", "label": "ب"},
        TALK,
        ENTITIES,
        {"prompt": "چرا", "chosen": "الف", "rejected": "ب"},
    ],
)
def test_parquet_gives_back_every_row(stored, tmp_path, row):
    path = tmp_path / "x.parquet"
    made = exporting.to_parquet({"folder": str(stored(row, row)), "path": str(path)})
    assert made == {"bytes": path.stat().st_size}
    assert pq.read_table(path).to_pylist() == [row, row]


def test_a_prompt_of_turns_is_json_in_parquet(stored, tmp_path):
    turns = [{"role": "user", "content": "چرا"}, {"role": "assistant", "content": "چون"}]
    row = {"prompt": [*turns, turns[0]], "chosen": "الف", "rejected": "ب"}
    path = tmp_path / "x.parquet"
    exporting.to_parquet({"folder": str(stored(row)), "path": str(path)})
    [back] = pq.read_table(path).to_pylist()
    assert back["prompt"].startswith('[{"role":"user","content":"چرا"}')
    assert findings.FLAG_BYTES == 4
