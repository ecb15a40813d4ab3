"""Rows of every shape: each judged by its own rules, counted, and found again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_persian_ai import errors
from jupyter_persian_ai.datasets import importing, rows
from jupyter_persian_ai.datasets.problems import SENTENCES
from jupyter_persian_ai.protocol.data import DatasetReport, DatasetShape


def lines(*found):
    return "\n".join(json.dumps(row) for row in found)


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


def system(text):
    return {"role": "system", "content": text}


TALK = [system("کوتاه بگو"), user("سلام‌ها"), assistant("درود")]

GOOD = {
    "messages": {"messages": TALK},
    "text_label": {"text": "الف", "label": "ب"},
    "pair_label": {"text": "الف", "text_pair": "ب", "label": "پ"},
    "tokens_tags": {"tokens": ["الف"], "tags": ["O"]},
    "preference": {"prompt": "الف", "chosen": "ب", "rejected": "پ"},
}
#: Shape, a row with a fault, its code, the field to blame.
FAULTS = [
    ("messages", {"messages": "سلام"}, "not_turns", "messages"),
    ("messages", {"messages": {"role": "user"}}, "not_turns", "messages"),
    ("messages", {"messages": []}, "no_turns", "messages"),
    ("messages", {"messages": [system("الف")]}, "no_turns", "messages"),
    ("messages", {"messages": ["سلام"]}, "bad_turn", "messages"),
    ("messages", {"messages": [{"content": "سلام"}]}, "bad_turn", "messages"),
    ("messages", {"messages": [{"role": 3, "content": "سلام"}]}, "bad_turn", "messages"),
    ("messages", {"messages": [{"role": "tool", "content": "سلام"}]}, "bad_role", "messages"),
    ("messages", {"messages": [user("الف"), {"role": "assistant"}]}, "not_text", "messages"),
    ("messages", {"messages": [user("الف"), assistant(7)]}, "not_text", "messages"),
    (
        "messages",
        {"messages": [user([{"type": "image", "url": "x"}]), assistant("ب")]},
        "not_text",
        "messages",
    ),
    ("messages", {"messages": [user("الف"), assistant("\u200c ")]}, "empty", "messages"),
    ("messages", {"messages": [user("a\x00"), assistant("ب")]}, "control", "messages"),
    ("messages", {"messages": [user("a\ud800"), assistant("ب")]}, "surrogate", "messages"),
    ("messages", {"messages": [user("الف")]}, "no_answer", "messages"),
    ("messages", {"messages": [assistant("الف"), user("ب")]}, "answer_first", "messages"),
    ("messages", {"messages": [user("الف"), user("ب")]}, "turn_order", "messages"),
    (
        "messages",
        {"messages": [user("الف"), assistant("ب"), assistant("پ")]},
        "turn_order",
        "messages",
    ),
    (
        "messages",
        {"messages": [user("الف"), assistant("ب"), system("پ")]},
        "late_system",
        "messages",
    ),
    ("messages", {"other": 1}, "missing_field", "messages"),
    ("text_label", {"text": "الف"}, "missing_field", "label"),
    ("text_label", {"text": "الف", "label": None}, "no_label", "label"),
    ("text_label", {"text": "الف", "label": " \u200c"}, "no_label", "label"),
    ("text_label", {"text": "الف", "label": 1.5}, "not_a_label", "label"),
    ("text_label", {"text": "الف", "label": float("nan")}, "not_a_label", "label"),
    ("text_label", {"text": "الف", "label": [1]}, "not_a_label", "label"),
    ("text_label", {"text": "الف", "label": {"a": 1}}, "not_a_label", "label"),
    ("text_label", {"text": "الف", "label": "ب" * 300}, "long_label", "label"),
    ("text_label", {"text": "الف", "label": "a\x00b"}, "control", "label"),
    ("text_label", {"text": "الف", "label": "a\ud800"}, "surrogate", "label"),
    ("text_label", {"text": " ", "label": "ب"}, "empty", "text"),
    ("text_label", {"text": 5, "label": "ب"}, "not_text", "text"),
    ("pair_label", {"text": "الف", "text_pair": "", "label": "ب"}, "empty", "text_pair"),
    ("pair_label", {"text": "الف", "text_pair": ["ب"], "label": "ب"}, "not_text", "text_pair"),
    ("tokens_tags", {"tokens": ["الف", "ب"], "tags": ["O"]}, "tags_length", "tags"),
    ("tokens_tags", {"tokens": [], "tags": []}, "empty", "tokens"),
    ("tokens_tags", {"tokens": [None], "tags": ["O"]}, "not_words", "tokens"),
    ("tokens_tags", {"tokens": [["الف"]], "tags": ["O"]}, "not_words", "tokens"),
    ("tokens_tags", {"tokens": ["\u200c"], "tags": ["O"]}, "empty", "tokens"),
    ("tokens_tags", {"tokens": ["a\x00"], "tags": ["O"]}, "control", "tokens"),
    ("tokens_tags", {"tokens": ["الف"], "tags": 7}, "not_words", "tags"),
    ("tokens_tags", {"tokens": ["الف"], "tags": [3]}, "bad_tag", "tags"),
    ("tokens_tags", {"tokens": ["الف"], "tags": ["PER"]}, "bad_tag", "tags"),
    ("tokens_tags", {"tokens": ["الف"], "tags": ["B-"]}, "bad_tag", "tags"),
    ("tokens_tags", {"tokens": ["الف"], "tags": ["B-a\ud800"]}, "bad_tag", "tags"),
    ("tokens_tags", {"tokens": ["الف"], "tags": ["B-" + "x" * 200]}, "bad_tag", "tags"),
    ("tokens_tags", {"tokens": ["الف"], "tags": ["I-PER"]}, "broken_tag", "tags"),
    ("tokens_tags", {"tokens": ["ا", "ب"], "tags": ["O", "I-PER"]}, "broken_tag", "tags"),
    ("tokens_tags", {"tokens": ["ا", "ب"], "tags": ["B-LOC", "I-PER"]}, "broken_tag", "tags"),
    ("tokens_tags", {"tokens": ["ا"] * 3, "tags": "B-X O I-X"}, "broken_tag", "tags"),
    ("preference", {"prompt": "الف", "chosen": "ب", "rejected": "ب"}, "same_answers", "rejected"),
    ("preference", {"chosen": "ب", "rejected": "پ"}, "no_prompt", "prompt"),
    ("preference", {"prompt": "الف", "chosen": "ب"}, "missing_field", "rejected"),
    ("preference", {"prompt": "الف", "chosen": "ب", "rejected": 3}, "not_text", "rejected"),
    (
        "preference",
        {"chosen": [user("ا"), assistant("ب")], "rejected": [user("ی"), assistant("پ")]},
        "different_prompts",
        "rejected",
    ),
    (
        "preference",
        {"chosen": [user("ا"), assistant("ب"), user("ت")], "rejected": [user("ا")]},
        "no_last_answer",
        "chosen",
    ),
    (
        "preference",
        {"prompt": [user("ا\x00")], "chosen": "ب", "rejected": "پ"},
        "control",
        "prompt",
    ),
]


@pytest.mark.parametrize(("shape", "row", "code", "field"), FAULTS)
def test_a_fault_is_named_with_line_field_and_mend(read, shape, row, code, field):
    report, kept = read(lines(GOOD[shape], row, GOOD[shape]), shape=shape)
    assert (report.shape, report.skipped, len(kept)) == (shape, 1, 2)
    (problem,) = report.problems
    assert (problem.line, problem.code, problem.field) == (2, code, field)
    assert problem.sample
    for said in (problem.message, problem.message_fa):
        assert said
        assert "{" not in said
    json.dumps(problem.model_dump(mode="json")).encode()


def test_every_sentence_is_tried():
    tried = {code for *_, code, _ in FAULTS}
    # Of archives and workbooks: `test_archives` and `test_tables`.
    elsewhere = {one for one in SENTENCES if one.startswith(("member_", "cell_"))} | {
        "bad_json",
        "bad_csv",
        "nesting",
        "not_an_object",
        "ragged",
        "other_fields",
    }
    assert set(SENTENCES) == tried | elsewhere


class TestTags:
    @pytest.mark.parametrize(
        ("tags", "bio"),
        [
            (["S-PER", "O"], ["B-PER", "O"]),
            (["B-PER", "E-PER"], ["B-PER", "I-PER"]),
            (["B-PER", "I-PER", "L-PER"], ["B-PER", "I-PER", "I-PER"]),
            (["U-LOC", "U-LOC"], ["B-LOC", "B-LOC"]),
            (["B_PER", "I_PER"], ["B-PER", "I-PER"]),
            (["B-event-name", "I-event-name"], ["B-event-name", "I-event-name"]),
            (["B-مکان", "I-مکان"], ["B-مکان", "I-مکان"]),
        ],
    )
    def test_dialects_of_bio(self, read, tags, bio):
        _, kept = read(lines({"tokens": ["ا"] * len(tags), "tags": tags}))
        assert kept[0]["tags"] == bio

    def test_a_broken_tag_says_where(self, read):
        row = {"tokens": ["علی", "در", "تهران"], "tags": ["B-PER", "O", "I-LOC"]}
        report, _ = read(lines(GOOD["tokens_tags"], row))
        assert "word 3" in report.problems[0].message
        assert "واژهٔ ۳" in report.problems[0].message_fa
        assert "O → I-LOC" in report.problems[0].message

    def test_a_file_of_words_line_by_line(self, read):
        content = (
            "-DOCSTART- -X- O O\n\nعلی NN B-PER\nرفت VB O\n\n\n# توضیح\nتهران NN B-LOC\n"
            "بزرگ\n\nدریا NN I-LOC\n"
        )
        report, kept = read(content, "a.conll")
        assert [row["tokens"] for row in kept] == [["علی", "رفت"]]
        assert [(one.line, one.code) for one in report.problems] == [
            (8, "tags_length"),
            (11, "broken_tag"),
        ]


class TestCounts:
    def test_of_labels_the_most_frequent_first(self, read):
        report, _ = read(lines(*({"text": "ا", "label": one} for one in "bacab" + "b")))
        assert list(report.stats.labels.items()) == [("b", 3), ("a", 2), ("c", 1)]
        assert report.stats.characters == 6, "a label is no text"

    def test_of_tags_and_turns(self, read):
        report, _ = read(lines({"tokens": ["علی", "رفت"], "tags": ["B-PER", "O"]}))
        assert report.stats.labels == {"B-PER": 1, "O": 1}
        assert report.stats.characters == len("علی رفت")
        report, _ = read(lines({"messages": TALK}, {"messages": TALK[1:]}))
        assert (report.stats.turns, report.stats.labels) == (5, {})
        assert report.stats.half_spaces == 2

    def test_thousands_of_labels_are_no_labels(self, read):
        content = lines(*({"text": "ا", "label": number} for number in range(3000)))
        with pytest.raises(errors.DatasetLabels) as caught:
            read(content)
        assert caught.value.details["field"] == "label"
        assert "label" in caught.value.body.message_fa
        assert len(read(content, shape="text")[1]) == 3000

    def test_a_report_stays_small(self, read):
        talk = [user("ب" * 2000), assistant("پ" * 2000)] * 500
        report, kept = read(lines({"messages": talk}, {"messages": talk[:2]}))
        assert len(kept[0]["messages"]) == 1000
        assert len(report.model_dump_json().encode()) < 40_000
        assert len(report.preview[0]["messages"]) < 100


class TestReading:
    def test_search_finds_turns_words_and_labels(self, read, tmp_path):
        read(lines({"messages": TALK}, {"messages": [user("الف"), assistant("كتاب‌ها")]}))
        assert rows.read(tmp_path / "out", 0, 5, "کتابها")[1] == 1
        assert rows.read(tmp_path / "out", 0, 5, "assistant")[1] == 0
        read(lines({"tokens": ["علی", "رفت"], "tags": ["B-PER", "O"]}))
        assert rows.read(tmp_path / "out", 0, 5, "علی رفت")[1] == 1
        assert rows.read(tmp_path / "out", 0, 5, "B-PER")[1] == 1
        read(lines({"text": "الف", "label": "مثبت"}))
        assert rows.read(tmp_path / "out", 0, 5, "مثبت")[1] == 1

    def test_the_same_rows_have_the_same_name(self, tmp_path):
        def sha(name, content):
            path = tmp_path / name
            path.write_text(content, encoding="utf-8")
            return importing.inspect({"path": str(path)})["sha256"]

        shared = {"conversations": [{"from": "human", "value": "ا"}, {"from": "gpt", "value": "ب"}]}
        assert sha("a.jsonl", lines({"messages": [user("ا"), assistant("ب")]})) == sha(
            "b.json", json.dumps([shared])
        )
        assert sha("c.tsv", "premise\thypothesis\tlabel\nا\tب\t1\n") == sha(
            "d.jsonl", lines({"label": 1, "text_pair": "ب", "text": "ا"})
        )


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "from", "value", "type", "text", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
NAMES = ["messages", "text", "text_pair", "label", "tokens", "tags", "chosen", "rejected", "prompt"]


@given(
    st.lists(st.dictionaries(st.sampled_from(NAMES), JUNK, max_size=5), min_size=1, max_size=5),
    st.sampled_from([None, *DatasetShape]),
)
def test_junk_is_read_or_refused_by_name(tmp_path_factory, found, shape):
    folder = tmp_path_factory.mktemp("d")
    (folder / "a.jsonl").write_text(json.dumps(found[0]) + "\n" + lines(*found[1:]), "utf-8")
    try:
        answer = importing.import_file(
            {"path": str(folder / "a.jsonl"), "out_dir": str(folder / "out"), "shape": shape}
        )
    except errors.DatasetProblem as refused:
        json.dumps(refused.body.model_dump(mode="json")).encode()
        return
    report = DatasetReport.model_validate(answer["report"])
    must = {
        "text": {"text"},
        "prompt_answer": {"prompt", "answer"},
        "messages": {"messages"},
        "text_label": {"text", "label"},
        "pair_label": {"text", "text_pair", "label"},
        "tokens_tags": {"tokens", "tags"},
        "preference": {"prompt", "chosen", "rejected"},
    }[report.shape]
    kept = list(rows.iterate(folder / "out"))
    assert len(kept) == report.stats.rows
    assert all(set(row) == must for row in kept)


@pytest.mark.parametrize(
    "value",
    ["[" * 100_000, "[" * 3000 + "]" * 3000, "[1" + "0" * 10_000 + "]", "['a'", "[{}]", "[()]"],
)
def test_lists_written_as_text_are_read_without_trust(read, value):
    content = "tokens,tags\n" + f'"{value}",O\nالف,O\n'
    _, kept = read(content, "a.csv", shape="tokens_tags")
    assert {"tokens": ["الف"], "tags": ["O"]} in kept


def test_a_field_that_is_a_lone_half_of_a_character(read):
    found = '{"text\\ud800": "a", "label": "b"}\n{"text": "الف", "label": "b"}'
    report, kept = read(found, fields={"text": "text", "label": "label"})
    assert len(kept) == 1
    json.dumps(report.model_dump(mode="json")).encode()
