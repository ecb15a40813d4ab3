"""How shapes beyond text are told from each other, by names and values, and mapped."""

import json

import pytest

from jupyter_persian_ai import errors


def lines(*found):
    return "\n".join(json.dumps(row) for row in found)


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


def system(text):
    return {"role": "system", "content": text}


TALK = [system("کوتاه بگو"), user("سلام‌ها"), assistant("درود")]

#: File name, content, shape, the first canonical row.
TOLD = [
    ("a.jsonl", lines({"messages": TALK}), "messages", {"messages": TALK}),
    (
        "sharegpt.json",
        json.dumps(
            [
                {
                    "id": "x1",
                    "system": "کوتاه بگو",
                    "conversations": [
                        {"from": "human", "value": "سلام‌ها"},
                        {"from": "gpt", "value": "درود"},
                    ],
                }
            ]
        ),
        "messages",
        {"messages": TALK},
    ),
    (
        "openai parts.jsonl",
        lines(
            {
                "messages": [
                    {"role": "developer", "content": "کوتاه بگو"},
                    {
                        "role": "user",
                        "content": [
                            {"type": "text", "text": "سلام‌"},
                            {"type": "text", "text": "ها"},
                        ],
                    },
                    {"role": "assistant", "content": "درود", "name": "n"},
                ],
                "tools": [],
            }
        ),
        "messages",
        {"messages": TALK},
    ),
    (
        "under another name.jsonl",
        lines({"turn_list": TALK, "score": 1}),
        "messages",
        {"messages": TALK},
    ),
    (
        "json in a table.csv",
        "id,messages\n1," + '"' + json.dumps(TALK).replace('"', '""') + '"\n',
        "messages",
        {"messages": TALK},
    ),
    (
        "python in a table.csv",
        f'id,messages\n1,"{TALK!r}"\n',
        "messages",
        {"messages": TALK},
    ),
    (
        "alpaca.json",
        json.dumps([{"instruction": "ترجمه کن", "input": "sea", "output": "دریا"}]),
        "prompt_answer",
        {"prompt": "ترجمه کن\nsea", "answer": "دریا"},
    ),
    (
        "farstail.csv",
        "premise\thypothesis\tlabel\thard(overlap)\nالف، ب\tپ\te\t1\n",
        "pair_label",
        {"text": "الف، ب", "text_pair": "پ", "label": "e"},
    ),
    (
        "quora.tsv",
        "question1\tquestion2\tlabel\nالف\tب\t1\n",
        "pair_label",
        {"text": "الف", "text_pair": "ب", "label": "1"},
    ),
    (
        "fa.csv",
        "متن,برچسب\nخوب بود, مثبت \n",
        "text_label",
        {"text": "خوب بود", "label": "مثبت"},
    ),
    (
        "review.jsonl",
        lines({"comment": "بد", "label": 0, "label_name": "x"}),
        "text_label",
        {"text": "بد", "label": "0"},
    ),
    (
        "ner.jsonl",
        lines({"tokens": ["علی", "رفت"], "ner_tags": ["B-PER", "O"]}),
        "tokens_tags",
        {"tokens": ["علی", "رفت"], "tags": ["B-PER", "O"]},
    ),
    (
        "split.csv",
        "tokens,tags\nعلی به  تهران رفت,B-PER O B-LOC O\n",
        "tokens_tags",
        {"tokens": ["علی", "به", "تهران", "رفت"], "tags": ["B-PER", "O", "B-LOC", "O"]},
    ),
    (
        "corpus.conll",
        "# متن ۱\nعلی B_PER\nتهرانی\tI_PER\nرفت O\n\nتهران NN B-LOC\n",
        "tokens_tags",
        {"tokens": ["علی", "تهرانی", "رفت"], "tags": ["B-PER", "I-PER", "O"]},
    ),
    (
        "dpo.jsonl",
        lines({"prompt": "چه؟", "chosen": "این", "rejected": "آن"}),
        "preference",
        {"prompt": "چه؟", "chosen": "این", "rejected": "آن"},
    ),
    (
        "dpo in turns.jsonl",
        lines(
            {
                "prompt": "چه؟",
                "chosen": [user("چه؟"), assistant("این")],
                "rejected": [user("چه؟"), assistant("آن")],
            }
        ),
        "preference",
        {"prompt": "چه؟", "chosen": "این", "rejected": "آن"},
    ),
    (
        "dpo with the prompt apart.jsonl",
        lines(
            {
                "prompt": TALK[:2],
                "chosen": [assistant("این")],
                "rejected": [assistant("آن")],
            }
        ),
        "preference",
        {"prompt": TALK[:2], "chosen": "این", "rejected": "آن"},
    ),
    # Words that mean something else elsewhere.
    ("text.jsonl", lines({"text": "الف", "conversation": "ب"}), "text", {"text": "الف"}),
    ("long label.jsonl", lines({"text": "الف", "label": "ب" * 900}), "text", {"text": "الف"}),
    ("many labels.jsonl", lines({"text": "الف", "label": ["ب"]}), "text", {"text": "الف"}),
    ("category.csv", "text,category\nالف,ورزش\n", "text", {"text": "الف"}),
    (
        "qa.jsonl",
        lines({"question": "الف", "answer": "ب", "label": 1}),
        "prompt_answer",
        {"prompt": "الف", "answer": "ب"},
    ),
]


@pytest.mark.parametrize(("name", "content", "shape", "row"), TOLD, ids=[one[0] for one in TOLD])
def test_told_by_names_and_values(read, name, content, shape, row):
    report, kept = read(content, name)
    assert (report.shape, report.problems) == (shape, [])
    assert kept[0] == row
    assert report.preview[0] == row


class TestAsked:
    def test_for_a_shape_more_names_are_known(self, read):
        content = "text,category\nالف,ورزش\n"
        report, kept = read(content, "a.csv", shape="text_label")
        assert (report.shape, kept) == ("text_label", [{"text": "الف", "label": "ورزش"}])

    def test_a_lesser_shape_of_the_same_file(self, read):
        content = lines({"text": "الف", "label": "ب"})
        assert read(content, shape="text")[1] == [{"text": "الف"}]

    @pytest.mark.parametrize(
        ("among", "shape"),
        [
            (["text", "prompt_answer", "messages"], "text"),
            (["text_label", "pair_label"], "text_label"),
            (["tokens_tags", "preference"], None),
        ],
    )
    def test_any_of_some_shapes(self, read, among, shape):
        content = "text,category\nالف,ورزش\n"
        if shape:
            assert read(content, "a.csv", shapes=among)[0].shape == shape
            return
        with pytest.raises(errors.DatasetFields) as caught:
            read(content, "a.csv", shapes=among)
        assert caught.value.details["needed"] == "chosen + rejected | tokens + tags"

    @pytest.mark.parametrize(
        ("shape", "fields", "row"),
        [
            ("text_label", {"text": "q", "label": "r"}, {"text": "الف", "label": "پ"}),
            (None, {"text": "q", "label": "r"}, {"text": "الف", "label": "پ"}),
            (
                None,
                {"text": "q", "text_pair": "a", "label": "r"},
                {"text": "الف", "text_pair": "ب", "label": "پ"},
            ),
            (
                None,
                {"prompt": "q", "chosen": "a", "rejected": "r"},
                {"prompt": "الف", "chosen": "ب", "rejected": "پ"},
            ),
            # What is not mapped is found by its name, once the shape is known.
            ("pair_label", {"text": "q", "text_pair": "a"}, None),
            ("tokens_tags", {"tokens": "q"}, None),
        ],
    )
    def test_mapped(self, read, shape, fields, row):
        found = {"q": "الف", "a": "ب", "r": "پ", "label": "ی", "tags": "O"}
        report, kept = read(lines(found), shape=shape, fields=fields)
        assert fields.items() <= report.mapping.items()
        assert set(report.mapping.values()) <= set(report.fields)
        if row is None:
            row = (
                {"text": "الف", "text_pair": "ب", "label": "ی"}
                if shape == "pair_label"
                else {"tokens": ["الف"], "tags": ["O"]}
            )
        assert kept == [row]

    @pytest.mark.parametrize(
        ("shape", "fields", "error"),
        [
            (None, {"text_pair": "q"}, errors.InvalidField),
            (None, {"tokens": "q"}, errors.InvalidField),
            ("text", {"label": "q"}, errors.InvalidField),
            ("messages", {"text": "q"}, errors.InvalidField),
            ("pair_label", {"text": "q", "text_pair": "a", "label": "none"}, errors.DatasetFields),
            ("preference", {"chosen": "q"}, errors.DatasetFields),
            ("messages", {}, errors.DatasetFields),
            ("tokens_tags", {}, errors.DatasetFields),
        ],
    )
    def test_what_is_not_there(self, read, shape, fields, error):
        with pytest.raises(error) as caught:
            read(lines({"q": "الف", "a": "ب"}), shape=shape, fields=fields)
        assert caught.value.body.message_fa
