"""Steps: each does what it says and no more, the same every time, and says what does not fit."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_persian_ai.datasets import findings, near, rows, steps
from jupyter_persian_ai.datasets.analysis import ANALYSIS
from jupyter_persian_ai.datasets.canonical import RowWriter, texts_of
from jupyter_persian_ai.datasets.personal import FINDERS
from jupyter_persian_ai.datasets.splitting import part_of_rows
from jupyter_persian_ai.datasets.stored import ORIGIN
from jupyter_persian_ai.errors import DatasetStep
from jupyter_persian_ai.persian.fold import fold
from jupyter_persian_ai.persian.normaliser import Normaliser
from jupyter_persian_ai.persian.normaliser import row as normalised
from jupyter_persian_ai.protocol.data import DatasetReport
from jupyter_persian_ai.protocol.quality import PERSONAL, DatasetAnalysis
from jupyter_persian_ai.protocol.versions import VersionPreview

PARTS = {"train": 0.8, "validation": 0.1, "test": 0.1}


class Made:
    """What came of some steps."""

    def __init__(self, folder, answer):
        self.folder, self.answer = folder, answer
        self.rows = list(rows.iterate(folder))
        self.origin = np.fromfile(folder / ORIGIN, "<u4").tolist()
        self.counts = [
            (one["kind"], one["rows_in"], one["rows_out"], one["changed"])
            for one in answer["counts"]
        ]
        self.report = DatasetReport.model_validate(answer["report"])
        self.analysis = DatasetAnalysis.model_validate_json((folder / ANALYSIS).read_bytes())


@pytest.fixture
def make(tmp_path):
    """Apply steps to a folder."""
    made = []

    def run(source, *asked, **payload):
        out = tmp_path / f"made{len(made)}"
        made.append(out)
        answer = steps.apply(
            {"source_dir": str(source), "out_dir": str(out), "steps": list(asked), "name": "آزمون"}
            | payload
        )
        return Made(out, answer)

    return run


def text(*several):
    return [{"text": one} for one in several]


MESSY = text("كتاب ها را می خواند", "متنی پاک است", "علي <b>رفت</b> و آمد")


def test_normalising_changes_texts_and_counts_what_changed(stored, make):
    made = make(stored(*MESSY), {"kind": "normalise"})
    own = Normaliser()
    assert made.rows == [normalised(own, row) for row in MESSY]
    assert made.counts == [("normalise", 3, 3, 2)]
    assert made.origin == [0, 1, 2]
    assert made.report.name == "آزمون"
    assert made.report.stats.rows == made.analysis.rows == 3


@pytest.mark.parametrize("sample", ["ghazals", "ghazal_prose", "verse_or_prose"])
def test_a_block_is_normalised_as_each_row_is(hafez, stored, make, sample):
    own = Normaliser()
    made = make(stored(*hafez[sample]), {"kind": "normalise"})
    assert made.rows == [normalised(own, row) for row in hafez[sample]]


def test_cleaning_takes_tags_out_and_leaves_signs(stored, make):
    said = text(
        "<p>سلام</p><p>دنیا &amp; &zwnj;ما</p>",
        "a < b & c > d",
        "<b>پر</b>رنگ &nope; &#1705;تاب <x>",
        "<br><br/>",
    )
    made = make(stored(*said), {"kind": "clean"})
    assert made.rows == text("سلام\n\nدنیا & \u200cما", "a < b & c > d", "پررنگ &nope; کتاب <x>")
    assert made.counts == [("clean", 4, 3, 2)]
    assert made.origin == [0, 1, 2]


def test_masking_covers_what_was_asked_for(stored, make):
    said = text("زنگ بزن ۰۹۱۲۳۴۵۶۷۸۹ یا a@b.ir", "هیچ چیز اینجا نیست")
    made = make(stored(*said), {"kind": "mask", "codes": ["phone"]})
    assert made.rows == text("زنگ بزن [PHONE] یا a@b.ir", said[1]["text"])
    made = make(stored(*said), {"kind": "mask", "codes": ["phone", "email"], "style": "stars"})
    assert made.rows[0]["text"] == "زنگ بزن *********** یا *@*.**"


def test_a_filter_keeps_what_meets_every_condition(stored, make):
    labelled = [
        {"text": "كتاب خوب و خواندنی است", "label": "خوب"},
        {"text": "کتاب بد و نخواندنی است", "label": "بد"},
        {"text": "this book is not a Persian book", "label": "خوب"},
        {"text": "کتابی خوب", "label": "خوب"},
        {"text": "کتابِ ديگرِ ما خوب است", "label": "خوب"},
    ]
    folder = stored(*labelled)
    for condition, left in (
        ({"drop": ["arabic_letters", "wrong_language"]}, [1, 3]),
        ({"min_words": 4, "max_words": 5}, [0, 1, 4]),
        ({"min_persian_share": 0.9}, [0, 1, 3, 4]),
        ({"keep_labels": ["بد"]}, [1]),
        ({"contains": "کتاب د"}, [4]),
        ({"lacks": "نخواندني"}, [0, 2, 3, 4]),
        ({"keep_labels": ["خوب"], "min_words": 3, "contains": "كتاب"}, [0, 4]),
    ):
        made = make(folder, {"kind": "filter"} | condition)
        assert made.origin == left
        assert made.counts == [("filter", 5, len(left), 0)]
        assert made.rows == [labelled[place] for place in left]


def test_a_filter_knows_duplicates_from_the_version_it_begins_at(stored, make):
    first = make(stored(*text("یک دو سه", "چهار پنج شش", "یک دو سه")), {"kind": "clean"})
    made = make(first.folder, {"kind": "filter", "drop": ["duplicate"]})
    assert made.origin == [0, 1]


def test_a_filter_by_what_nobody_compared_says_so(stored, make):
    folder = stored(*text("یک دو سه چهار", "یک دو سه چهار!", "یک دو سه چهار"))
    for code, word in (("near_duplicate", "dedupe"), ("leak", "without")):
        with pytest.raises(DatasetStep) as caught:
            make(folder, {"kind": "filter", "drop": [code]})
        assert caught.value.details["field"] == "steps.0.drop"
        assert word in caught.value.details["reason"]
    near.mark({"folder": str(folder)})
    made = make(folder, {"kind": "filter", "drop": ["near_duplicate"]})
    assert made.origin == [0, 2]
    # Duplicates are found on the way in a folder from before there were findings.
    assert make(
        stored(*text("یک دو", "یک دو")), {"kind": "filter", "drop": ["duplicate"]}
    ).origin == [0]


def test_of_duplicates_the_first_stays(stored, make):
    said = text("کتاب‌ها را می‌خواند", "كتابها را ميخواند", "دیگر است", "کتاب‌ها را می‌خواند")
    made = make(stored(*said), {"kind": "dedupe"})
    assert made.origin == [0, 2]
    assert [one.code for one in made.analysis.findings] == ["too_short"]
    labelled = [{"text": "یک متن", "label": one} for one in "ababc"]
    assert make(stored(*labelled), {"kind": "dedupe"}).origin == [0, 1, 4]


@pytest.mark.parametrize(
    ("row", "step", "expected"),
    [
        (
            {"prompt": "چرا؟", "answer": "چون."},
            {"shape": "messages"},
            {
                "messages": [
                    {"role": "user", "content": "چرا؟"},
                    {"role": "assistant", "content": "چون."},
                ]
            },
        ),
        (
            {"messages": [{"role": "system", "content": "کم"}, {"role": "user", "content": "چرا؟"},
                          {"role": "assistant", "content": "چون."}]},
            {"shape": "prompt_answer"},
            {"prompt": "چرا؟", "answer": "چون."},
        ),
        (
            {"text": "الف", "text_pair": "ب", "label": "پ"},
            {"shape": "text_label", "labels": {"پ": "نو"}},
            {"text": "الف", "label": "نو"},
        ),
        (
            {"text": "الف", "text_pair": "ب", "label": "پ"},
            {"shape": "prompt_answer", "fields": {"prompt": "text_pair", "answer": "label"}},
            {"prompt": "ب", "answer": "پ"},
        ),
        ({"text": "الف", "text_pair": "ب", "label": "پ"}, {"shape": "text"}, {"text": "الف"}),
        ({"prompt": "چرا؟", "answer": "چون."}, {"shape": "text"}, {"text": "چرا؟\nچون."}),
        (
            {"prompt": "چرا؟", "chosen": "چون.", "rejected": "نه"},
            {"shape": "prompt_answer"},
            {"prompt": "چرا؟", "answer": "چون."},
        ),
        (
            {"tokens": ["علی", "رفت"], "tags": ["B-PER", "O"]},
            {"shape": "tokens_tags", "labels": {"PER": "شخص"}},
            {"tokens": ["علی", "رفت"], "tags": ["B-شخص", "O"]},
        ),
        (
            {"prompt": "متن", "answer": "خوب"},
            {"shape": "text_label", "fields": {"text": "prompt", "label": "answer"},
             "labels": {"خوب": "good"}},
            {"text": "متن", "label": "good"},
        ),
    ],
)  # fmt: skip
def test_rows_take_another_shape(stored, make, row, step, expected):
    made = make(stored(row), {"kind": "map"} | step)
    assert made.rows == [expected]
    assert made.report.shape == made.analysis.shape == step["shape"]


LABELLED = [{"text": "یک متن", "label": "خوب"}, {"text": "دیگری هم", "label": "بد"}]


@pytest.mark.parametrize(
    ("step", "field", "word"),
    [
        ({"kind": "map", "shape": "messages"}, "fields.messages", "messages"),
        ({"kind": "map", "shape": "pair_label"}, "fields.text_pair", "text_pair"),
        ({"kind": "map", "shape": "text", "fields": {"text": "body"}}, "fields.text", "body"),
        ({"kind": "map", "shape": "text", "fields": {"prompt": "text"}}, "fields.prompt", "prompt"),
        ({"kind": "map", "shape": "text_label", "labels": {"بدتر": "x"}}, "labels", "بدتر"),
        ({"kind": "map", "shape": "text", "labels": {"بد": "x"}}, "labels", ""),
        ({"kind": "filter", "keep_labels": ["عالی"]}, "keep_labels", "عالی"),
        ({"kind": "filter", "min_words": 5, "max_words": 2}, "max_words", "5"),
        ({"kind": "part", "part": "x", "parts": PARTS}, "part", "x"),
        ({"kind": "part", "part": "a", "parts": {"a": 0.5, "b": 0.6}}, "parts", "1.1"),
        ({"kind": "without", "dataset_id": "d1"}, "dataset_id", ""),
        ({"kind": "filter", "min_words": 1000}, "", ""),
        ({"kind": "filter", "contains": "گربه"}, "", ""),
    ],
)
def test_what_does_not_fit_is_said_with_its_step_and_field(stored, make, step, field, word):
    with pytest.raises(DatasetStep) as caught:
        make(stored(*LABELLED), {"kind": "clean"}, step)
    error = caught.value
    assert error.details["place"] == 2
    assert error.details["field"] == (f"steps.1.{field}" if field else "steps.1")
    assert error.details["kind"] == step["kind"]
    assert word in error.details["reason"]
    assert any("\u0600" < one < "\u06ff" for one in error.details["reason_fa"])


def test_labels_and_shapes_are_followed_from_step_to_step(stored, make):
    made = make(
        stored(*LABELLED),
        {"kind": "map", "shape": "text_label", "labels": {"خوب": "good"}},
        {"kind": "filter", "keep_labels": ["good"]},
        {"kind": "map", "shape": "prompt_answer", "fields": {"prompt": "text", "answer": "label"}},
        {"kind": "map", "shape": "messages"},
    )
    assert [len(row["messages"]) for row in made.rows] == [2]
    with pytest.raises(DatasetStep) as caught:
        make(
            stored(*LABELLED),
            {"kind": "map", "shape": "text"},
            {"kind": "map", "shape": "messages"},
        )
    assert caught.value.details["place"] == 2


def test_a_sample_is_drawn_by_its_seed_and_keeps_the_order(stored, make):
    folder = stored(*text(*(f"سطر شمارهٔ {n} است" for n in range(100))))
    one = make(folder, {"kind": "sample", "rows": 20, "seed": 1})
    again = make(folder, {"kind": "sample", "rows": 20, "seed": 1})
    other = make(folder, {"kind": "sample", "rows": 20, "seed": 2})
    assert one.origin == again.origin == sorted(one.origin) != other.origin
    assert len(one.origin) == 20
    assert len(make(folder, {"kind": "sample", "rows": 500}).rows) == 100


def test_rows_of_another_dataset_go(stored, make):
    here = stored(*text("یک دو سه", "چهار پنج شش", "هفت هشت نه"))
    there = stored({"text": "چهار پنج شش", "label": "x"}, {"text": "دیگر دیگر", "label": "y"})
    step = {"kind": "without", "dataset_id": "d1", "version": 3}
    assert make(here, step, others={"d1@3": str(there)}).origin == [0, 2]
    step = {"kind": "without", "dataset_id": "d1"}
    assert make(here, step, others={"d1": str(there)}).origin == [0, 2]


def test_the_parts_of_a_split_are_apart_and_whole(hafez, stored, make):
    folder = stored(*hafez["verse_or_prose"])
    made = [make(folder, {"kind": "part", "part": part, "parts": PARTS}) for part in PARTS]
    together = [number for one in made for number in one.origin]
    assert sorted(together) == list(range(3742))
    for one, share in zip(made, PARTS.values(), strict=True):
        assert abs(len(one.rows) - share * 3742) <= 2
        assert one.origin == sorted(one.origin)
        verse = sum(row["label"] == "شعر" for row in one.rows)
        assert abs(verse * 2 - len(one.rows)) <= 2


def test_steps_one_after_another_know_where_rows_came_from(stored, make):
    said = text("كتاب ها", "کتاب‌ها", "<p>سه چهار پنج</p>", "سه چهار پنج", "شش هفت هشت")
    made = make(
        stored(*said),
        {"kind": "clean"},
        {"kind": "normalise"},
        {"kind": "dedupe"},
        {"kind": "sample", "rows": 2},
        {"kind": "filter", "min_words": 1},
    )
    kept = set(made.origin)
    assert len(kept) == 2
    assert kept <= {0, 2, 4}
    assert [(kind, before, after) for kind, before, after, _ in made.counts] == [
        ("clean", 5, 5), ("normalise", 5, 5), ("dedupe", 5, 3), ("sample", 3, 2), ("filter", 2, 2),
    ]  # fmt: skip
    assert {path.name for path in made.folder.parent.glob(".stage*")} == set()


def test_progress_is_told_over_all_readings_and_may_stop_it(stored, tmp_path):
    told = []
    folder = stored(*text(*(f"سطر {n} است" for n in range(40))))
    payload = {
        "source_dir": str(folder),
        "out_dir": str(tmp_path / "out"),
        "steps": [{"kind": "clean"}, {"kind": "dedupe"}, {"kind": "clean"}],
    }
    steps.apply(payload, tick=lambda done, total, rows: told.append((done, total, rows)))
    assert told == [(40, 120, 40), (80, 120, 40), (120, 120, 40)]

    def stop(*now):
        raise InterruptedError

    payload["out_dir"] = str(tmp_path / "stopped")
    with pytest.raises(InterruptedError):
        steps.apply(payload, tick=stop)
    assert not list((tmp_path / "stopped").glob("*"))


def test_a_preview_shows_what_would_change_and_keeps_nothing(stored, tmp_path):
    folder = stored(*MESSY, *text(*(f"سطر {n} است" for n in range(2000))))
    before = sorted(tmp_path.rglob("*"))
    found = VersionPreview.model_validate(
        steps.preview(
            {
                "source_dir": str(folder),
                "steps": [
                    {"kind": "normalise"},
                    {"kind": "filter", "lacks": "متنی پاک"},
                    {"kind": "sample", "rows": 1001},
                ],
            }
        )
    )
    assert found.sampled == 1000
    assert [(one.rows_in, one.rows_out) for one in found.counts] == [
        (1000, 1000), (1000, 999), (999, 500),
    ]  # fmt: skip
    assert found.counts[0].changed >= 2
    gone = {one.number: one.step for one in found.rows if one.after is None}
    assert gone[1] == "filter"
    assert "sample" in gone.values()
    assert all(one.after != one.before for one in found.rows)
    assert len(found.rows) == 50
    assert sorted(tmp_path.rglob("*")) == before


def test_a_preview_of_which_nothing_is_left_says_so(stored):
    found = steps.preview(
        {"source_dir": str(stored(*MESSY)), "steps": [{"kind": "filter", "min_words": 99}]}
    )
    assert [(one["step"], one["after"]) for one in found["rows"]] == [("filter", None)] * 3


WORDS = st.sampled_from(
    ["كتاب", "ها", "می", "رود", "<b>", "&amp;", "۰۹۱۲۳۴۵۶۷۸۹", "a@b.ir", "خوب", "\u200c", "۱۲"]
)
TEXTS = (
    st.lists(WORDS, min_size=1, max_size=8).map(" ".join).filter(lambda one: one.strip(" \u200c"))
)
ROWS = st.lists(
    st.builds(lambda text, label: {"text": text, "label": label}, TEXTS, st.sampled_from("ab")),
    min_size=1,
    max_size=12,
)
STEPS = st.lists(
    st.sampled_from(
        [
            {"kind": "clean"},
            {"kind": "normalise"},
            {"kind": "dedupe"},
            {"kind": "dedupe", "near": True, "threshold": 0.6},
            {"kind": "mask", "codes": list(PERSONAL)},
            {"kind": "sample", "rows": 5, "seed": 3},
            {"kind": "filter", "max_words": 6},
            {"kind": "map", "shape": "text_label"},
            {"kind": "part", "part": "a", "parts": {"a": 0.7, "b": 0.3}, "seed": 2},
        ]
    ),
    min_size=1,
    max_size=4,
)


def written(folder, some):
    with RowWriter(folder) as writer:
        for row in some:
            writer.add(row)
        writer.commit()


@settings(max_examples=40)
@given(ROWS, STEPS)
def test_the_same_steps_on_the_same_rows_give_the_same_bytes(tmp_path_factory, some, asked):
    space = tmp_path_factory.mktemp("steps")
    answers = []
    for name in ("one", "two"):
        written(space / name, some)
        payload = {"source_dir": str(space / name), "out_dir": str(space / f"{name}-out")}
        try:
            answers.append(steps.apply(payload | {"steps": asked}))
        except DatasetStep as error:
            answers.append(error.details)
    assert answers[0] == answers[1]
    if "sha256" not in answers[0]:
        assert answers[0]["nothing_left"]
        return
    out = space / "one-out"
    left = list(rows.iterate(out))
    assert len(left) == answers[0]["counts"][-1]["rows_out"]
    assert all(one.strip() for row in left for one in texts_of(row))
    if asked[-1]["kind"] == "mask":
        assert not any(any(find(row["text"])) for row in left for find in FINDERS.values())
    if asked[-1]["kind"] == "dedupe":
        assert len({(fold(row["text"]), row["label"]) for row in left}) == len(left)
    flags = np.fromfile(out / findings.FLAGS, "<u4")
    assert len(flags) == len(left) == json.loads((out / ANALYSIS).read_bytes())["rows"]


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), min_size=1, max_size=200),
    st.lists(st.integers(1, 9), min_size=2, max_size=4),
    st.integers(0, 2**32),
)
def test_equal_contents_are_never_in_two_parts(contents, weights, seed):
    hashes = np.array([content for content, _ in contents], np.uint64) * np.uint64(2**55 + 1)
    labels = np.array([label for _, label in contents], np.int32)
    shares = [one / sum(weights) for one in weights]
    parts = part_of_rows(hashes, labels, shares, seed)
    assert set(parts.tolist()) <= set(range(len(shares)))
    where = {}
    for content, part in zip(hashes.tolist(), parts.tolist(), strict=True):
        assert where.setdefault(content, part) == part
    backwards = part_of_rows(hashes[::-1], np.zeros_like(labels), shares, seed)
    assert (backwards[::-1] == part_of_rows(hashes, np.zeros_like(labels), shares, seed)).all()
