"""What is known of a dataset, against a slow count of the same; older folders; bounded memory."""

import re
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_persian_ai.datasets import analysis, findings, near, vocabulary
from jupyter_persian_ai.datasets import stored as storage
from jupyter_persian_ai.datasets.analysis import ANALYSIS, Analysis, analyse_folder
from jupyter_persian_ai.datasets.canonical import texts_of
from jupyter_persian_ai.datasets.characters import Characters
from jupyter_persian_ai.datasets.histograms import Sizes
from jupyter_persian_ai.datasets.vocabulary import Vocabulary
from jupyter_persian_ai.persian.measure import Measure
from jupyter_persian_ai.protocol.data import DatasetShape
from jupyter_persian_ai.protocol.quality import DatasetAnalysis, FindingCode


def analysed(folder):
    return DatasetAnalysis.model_validate(analyse_folder({"folder": str(folder)}))


def test_it_counts_what_a_slow_count_does(stored, hafez):
    rows = hafez["verse_or_prose"]
    found = analysed(stored(*rows))
    slow = Measure()
    for row in rows:
        slow.add(row["text"])
    words = Counter(re.findall("[\u200c\u0621-\u06ff]+", " ".join(row["text"] for row in rows)))
    assert (found.rows, found.characters, found.words) == (len(rows), slow.characters, slow.words)
    assert found.half_spaces == slow.half_spaces
    assert found.persian_share == round(slow.persian_share, 4)
    assert found.labels == {"شعر": 1871, "نثر": 1871}
    assert found.vocabulary_exact
    assert abs(found.vocabulary - len(words)) < 0.01 * len(words)  # numerals and signs aside
    assert [one.word for one in found.words_most[:3]] == [w for w, _ in words.most_common(3)]
    lengths = [len(row["text"].split()) for row in rows]
    assert found.lengths.median == np.sort(lengths)[(len(lengths) - 1) // 2]
    assert sum(found.lengths.counts) == len(rows) == sum(found.characters_a_row.counts)
    assert len(found.lengths.edges) == len(found.lengths.counts) + 1


def test_findings_are_counted_with_the_first_rows_that_have_them(stored):
    good = {"text": "این یک متن پاک است"}
    folder = stored(good, {"text": "كتاب خوب است ولي"}, good, {"text": "ای دوست"}, good)
    found = analysed(folder)
    assert {one.code: (one.rows, one.samples) for one in found.findings} == {
        FindingCode.DUPLICATE: (2, [2, 4]),
        FindingCode.TOO_SHORT: (1, [3]),
        FindingCode.ARABIC_LETTERS: (1, [1]),
    }
    flags = storage.flagged(folder)
    assert [findings.codes_of(int(one)) for one in flags] == [
        [], ["arabic_letters"], ["duplicate"], ["too_short"], ["duplicate"]
    ]  # fmt: skip
    assert DatasetAnalysis.model_validate_json((folder / ANALYSIS).read_bytes()) == found


def test_near_duplicates_are_known_once_they_were_looked_for(stored):
    text = "در این کتاب از تاریخ ایران و از مردمی سخن می‌رود که سال‌ها پیش در این شهر می‌زیستند"
    folder = stored({"text": text}, {"text": f"{text} و رفتند"}, {"text": "چیزی دیگر و نو است"})
    assert not analysed(folder).near_duplicates_known
    assert near.mark({"folder": str(folder)}) == {"rows": 3, "near_duplicates": 1}
    found = DatasetAnalysis.model_validate_json((folder / ANALYSIS).read_bytes())
    assert found.near_duplicates_known
    [one] = [one for one in found.findings if one.code is FindingCode.NEAR_DUPLICATE]
    assert (one.rows, one.samples) == (1, [1])
    assert findings.codes_of(int(storage.flagged(folder)[1])) == ["near_duplicate"]
    # A folder from before there were findings gets them on the way.
    old = stored({"text": text}, {"text": f"{text} و رفتند"})
    assert near.mark({"folder": str(old)})["near_duplicates"] == 1


def test_turns_and_tags_are_counted(stored):
    talk = [{"role": "user", "content": "چه خبر؟"}, {"role": "assistant", "content": "خوب. تو چه؟"}]
    found = analysed(stored({"messages": talk}))
    assert (found.turns, found.sentences, found.shape) == (2, 3, DatasetShape.MESSAGES)
    found = analysed(stored({"tokens": ["علی", "رفت"], "tags": ["B-PER", "O"]}))
    assert found.labels == {"B-PER": 1, "O": 1}


def test_progress_is_told_and_may_stop_it(stored):
    told = []
    folder = stored(*({"text": f"متن شمارهٔ {n}"} for n in range(50)))
    analyse_folder({"folder": str(folder)}, tick=lambda *now: told.append(now))
    size = (folder / "rows.jsonl").stat().st_size
    assert told == [(size, size, 50)]

    def stop(*now):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        analyse_folder({"folder": str(folder)}, tick=stop)


def test_past_the_bound_the_vocabulary_is_estimated_and_says_so(monkeypatch):
    monkeypatch.setattr(vocabulary, "EXACT_UNITS", 50_000)
    letters = "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
    words = [a + b + c for a in letters for b in letters for c in letters]
    found = Vocabulary()
    rng = np.random.default_rng(1)
    for _ in range(60):
        drawn = rng.choice(len(words), 4000)
        found.add(Characters([[" ".join(words[place] for place in drawn) + " است" * 500]]))
    assert not found.exact
    assert abs(found.size - len(words)) < 0.01 * len(words)
    [first, *_] = found.most()
    assert first.word == "است"
    assert abs(first.count - 30_000) < 1500


def test_memory_does_not_grow_with_the_rows():
    texts = [[f"واژهٔ {place} در سطری از سطرهای بسیار این مجموعه است"] for place in range(1000)]
    screen, counts = findings.Screen(DatasetShape.TEXT), Analysis(DatasetShape.TEXT)
    rows = [{"text": text} for [text] in texts]

    def block():
        counts.add(rows, texts, screen.block(rows, texts), screen.characters)

    block()
    tracemalloc.start()
    for _ in range(50):
        block()
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Eight bytes a row for the duplicates, and the last block.
    assert grown < 50 * 1000 * 8 + 1_000_000
    assert counts.rows == 51_000


@given(st.lists(st.integers(0, 5_000_000), min_size=1, max_size=200))
def test_sizes_keep_their_quantiles(sizes):
    kept = Sizes()
    kept.add(np.array(sizes, np.int64))
    ordered = sorted(sizes)
    for share in (0.5, 0.95, 1.0):
        exact = ordered[max(0, int(np.ceil(share * len(sizes))) - 1)]
        assert exact * 0.98 - 1 <= kept.quantile(share) <= exact
    bars = kept.histogram()
    assert sum(bars.counts) == len(sizes)
    assert bars.edges == sorted(bars.edges)
    assert bars.edges[-1] > max(sizes)


def test_the_file_is_replaced_at_once(stored):
    folder = stored({"text": "یک متن ساده است"})
    storage.replaced(folder, "x.json", b"1")
    storage.replaced(folder, "x.json", b"2")
    assert (folder / "x.json").read_bytes() == b"2"
    assert sorted(one.name for one in folder.iterdir()) == ["rows.index", "rows.jsonl", "x.json"]
    assert analysis.SAMPLES == 5
    assert texts_of(storage.rows_at(folder, [0])[0]) == ["یک متن ساده است"]
