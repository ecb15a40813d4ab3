"""The canonical form: what is written, how it is named, how it is found again."""

import hashlib
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_persian_ai import errors
from jupyter_persian_ai.datasets import importing, rows
from jupyter_persian_ai.datasets.canonical import RowWriter

#: Any text that UTF-8 can hold and a row may have.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1)


def test_through_the_confined_process(import_file):
    got = import_file("شعر.jsonl", '{"text": "می‌رود  که\\u200cرفت "}\n{"text": "كتاب"}\n')
    assert got.rows == [{"text": "می‌رود  که\u200cرفت "}, {"text": "كتاب"}]
    assert got.written == '{"text":"می‌رود  که‌رفت "}\n{"text":"كتاب"}\n'.encode()
    assert got.sha256 == hashlib.sha256(got.written).hexdigest()
    assert got.bytes == len(got.written)
    assert (got.report.stats.rows, got.report.stats.half_spaces) == (2, 2)
    assert got.report.stats.persian_share == 1
    files = {entry.name for entry in got.folder.iterdir()}
    assert files >= {"rows.index", "rows.jsonl", "rows.flags", "problems.jsonl"}
    assert not [name for name in files if name.endswith(".part")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "prompt,answer\nچه؟,هیچ\nb,c\n"),
        ("a.tsv", "answer\tprompt\nهیچ\tچه؟\nc\tb\n"),
        ("a.json", '[{"question": "چه؟", "answer": "هیچ"}, {"question": "b", "answer": "c"}]'),
        ("a.jsonl", '{"پرسش": "چه؟", "پاسخ": "هیچ"}\n{"پرسش": "b", "پاسخ": "c"}'),
        ("a.txt", '{"instruction": "چه؟"}'),
    ],
)
def test_the_same_rows_have_the_same_name(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    answer = importing.inspect({"path": str(path)})
    canonical = '{"prompt":"چه؟","answer":"هیچ"}\n{"prompt":"b","answer":"c"}\n'.encode()
    same = answer["sha256"] == hashlib.sha256(canonical).hexdigest()
    assert same is (name != "a.txt")


def test_inspect_says_the_same_and_writes_nothing(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("سلام\nدنیا\n")
    said = importing.inspect({"path": str(path), "out_dir": str(tmp_path / "no")})
    assert said == importing.import_file({"path": str(path), "out_dir": str(tmp_path / "out")})
    assert not (tmp_path / "no").exists()


@given(st.lists(TEXT, min_size=1, max_size=8))
def test_text_comes_back_as_it_was(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("d")
    path = folder / "a.jsonl"
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
    kept = [
        text
        for text in texts
        if text.strip(" \t\n\r\x0b\x0c\xa0\u200b\u200c\u200d\u200e\u200f\u2028\u2029\ufeff")
    ]
    if not kept:
        with pytest.raises(errors.DatasetEmpty):
            importing.import_file({"path": str(path), "out_dir": str(folder / "out")})
        return
    importing.import_file({"path": str(path), "out_dir": str(folder / "out")})
    assert [row["text"] for row in rows.iterate(folder / "out")] == kept
    assert rows.count(folder / "out") == len(kept)


@given(st.binary(max_size=2000), st.sampled_from(["txt", "jsonl", "json", "csv", "tsv", "x"]))
def test_any_bytes_are_read_or_refused_by_name(tmp_path_factory, content, suffix):
    path = tmp_path_factory.mktemp("d") / f"a.{suffix}"
    path.write_bytes(content)
    try:
        report = importing.inspect({"path": str(path)})["report"]
    except errors.DatasetProblem as refused:
        json.dumps(refused.body.model_dump(mode="json"))
    else:
        assert report["stats"]["rows"] > 0


@given(st.text(alphabet='[]{}",:\\ \nab', max_size=60))
def test_json_lists_agree_with_the_library(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("d") / "a.json"
    path.write_text(f'[{{"text": "x"}}, {content}]')
    try:
        whole = json.loads(path.read_text())
    except ValueError:
        return
    said = importing.inspect({"path": str(path)})["report"]
    usable = [
        one for one in whole
        if (isinstance(one, str) and one.strip())
        or (isinstance(one, dict) and isinstance(one.get("text"), str) and one["text"].strip())
    ]  # fmt: skip
    assert said["stats"]["rows"] == len(usable)
    assert said["skipped"] == len(whole) - len(usable)


class TestFields:
    CSV = "premise,hypothesis,label\nالف,ب,e\nپ,ت,c\n"

    @pytest.fixture
    def path(self, tmp_path):
        path = tmp_path / "nli.csv"
        path.write_text(self.CSV)
        return str(path)

    def test_mapped_to_a_pair(self, path):
        fields = {"prompt": "premise", "answer": "hypothesis"}
        report = importing.inspect({"path": path, "fields": fields})["report"]
        assert report["shape"] == "prompt_answer"
        assert report["preview"][0] == {"prompt": "الف", "answer": "ب"}
        assert report["fields"] == ["premise", "hypothesis", "label"]

    def test_mapped_with_an_input(self, path):
        fields = {"prompt": "premise", "input": "hypothesis", "answer": "label"}
        report = importing.inspect({"path": path, "fields": fields})["report"]
        assert report["preview"][0] == {"prompt": "الف\nب", "answer": "e"}

    def test_mapped_to_text(self, path):
        report = importing.inspect({"path": path, "fields": {"text": "premise"}})["report"]
        assert report["preview"][0] == {"text": "الف"}

    @pytest.mark.parametrize(
        "fields",
        [
            {"prompt": "premise"},
            {"text": "premise", "prompt": "label"},
            {"text": ""},
            {"texts": "premise"},
        ],
    )
    def test_no_mapping(self, path, fields):
        with pytest.raises(errors.InvalidField):
            importing.inspect({"path": path, "fields": fields})

    def test_mapped_to_what_is_not_there(self, path):
        with pytest.raises(errors.DatasetFields) as caught:
            importing.inspect({"path": path, "fields": {"text": "متن"}})
        assert caught.value.details["needed"] == "متن"

    def test_the_shape_decides(self, tmp_path):
        path = tmp_path / "a.jsonl"
        path.write_text('{"text": "t", "prompt": "p", "answer": "a"}')
        for shape, row in (
            ("text", {"text": "t"}),
            ("prompt_answer", {"prompt": "p", "answer": "a"}),
        ):
            report = importing.inspect({"path": str(path), "shape": shape})["report"]
            assert report["preview"] == [row]
        path.write_text('{"text": "t"}')
        with pytest.raises(errors.DatasetFields) as caught:
            importing.inspect({"path": str(path), "shape": "prompt_answer"})
        assert caught.value.details["needed"] == "prompt + answer"


class TestWriting:
    def test_nothing_is_seen_before_the_commit(self, tmp_path):
        with RowWriter(tmp_path / "d") as writer:
            writer.add({"text": "a"})
            assert not list((tmp_path / "d").glob("rows.*"))
            writer.commit()
        assert sorted(path.name for path in (tmp_path / "d").iterdir()) == [
            "rows.index",
            "rows.jsonl",
        ]

    def test_nothing_stays_of_what_was_not_committed(self, tmp_path):
        with RowWriter(tmp_path / "d") as writer:
            writer.add({"text": "a"})
        assert not list((tmp_path / "d").iterdir())

    def test_an_import_again_replaces_it_whole(self, tmp_path):
        path = tmp_path / "a.txt"
        for content in ("یک\nدو\nسه\n", "چهار\n"):
            path.write_text(content)
            importing.import_file({"path": str(path), "out_dir": str(tmp_path / "out")})
        assert list(rows.iterate(tmp_path / "out")) == [{"text": "چهار"}]
        assert rows.count(tmp_path / "out") == 1

    def test_too_little_room_is_said_before_anything_is_written(self, tmp_path):
        path = tmp_path / "a.txt"
        path.write_text("سلام")
        with pytest.raises(errors.DiskFull) as caught:
            importing.import_file(
                {"path": str(path), "out_dir": str(tmp_path / "o"), "disk_reserve_bytes": 2**62}
            )
        assert caught.value.details["needed"] > caught.value.details["free"]
        assert not (tmp_path / "o").exists()

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a full disk to write to")
    def test_a_disk_that_fills_up(self, tmp_path):
        path = tmp_path / "a.txt"
        path.write_text("سلام دنیا\n" * 50_000)
        out = tmp_path / "out"
        out.mkdir()
        (out / ".rows.jsonl.part").symlink_to("/dev/full")
        with pytest.raises(errors.DiskFull):
            importing.import_file({"path": str(path), "out_dir": str(out)})
        assert not list(out.iterdir())


class TestReading:
    @pytest.fixture
    def folder(self, tmp_path):
        path = tmp_path / "a.jsonl"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(f'{{"text": "سطر {number} كتاب‌ها"}}\n' for number in range(1000))
        importing.import_file({"path": str(path), "out_dir": str(tmp_path / "out")})
        return tmp_path / "out"

    @pytest.mark.parametrize(
        ("offset", "limit", "first", "count"),
        [(0, 3, 0, 3), (997, 10, 997, 3), (500, 1, 500, 1), (1000, 5, None, 0), (0, 0, None, 0)],
    )
    def test_pages(self, folder, offset, limit, first, count):
        page, total = rows.read(folder, offset, limit)
        assert (len(page), total) == (count, 1000)
        if count:
            assert page[0] == {"text": f"سطر {first} كتاب‌ها"}

    def test_negative_numbers_are_nought(self, folder):
        assert rows.read(folder, -5, 1) == rows.read(folder, 0, 1)
        assert rows.read(folder, 0, -1) == ([], 1000)

    @pytest.mark.parametrize(
        ("query", "total"),
        [
            ("کتاب‌ها", 1000),
            ("کتابها", 1000),
            ("كِتاب", 1000),
            ("سطر ۹۹ ", 1000),
            ("سطر ۹۹۹", 1),
            ("نیست", 0),
            ("  ", 1000),
        ],
    )
    def test_search_is_folded(self, folder, query, total):
        page, found = rows.read(folder, 0, 2, query)
        expected = 11 if query == "سطر ۹۹ " else total
        assert found == expected
        assert len(page) == min(2, expected)

    def test_search_has_pages(self, folder):
        page, total = rows.read(folder, 10, 5, "99")
        everything, _ = rows.read(folder, 0, 1000, "99")
        assert total == len(everything)
        assert page == everything[10:15]


def test_importing_does_not_load_the_heavy_libraries():
    import subprocess

    code = (
        "import sys, jupyter_persian_ai.datasets.importing, jupyter_persian_ai.datasets.samples\n"
        "assert not {'torch', 'transformers', 'pandas', 'numpy', 'bokeh'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
