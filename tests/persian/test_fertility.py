"""What tokenizers make of Persian: real ones, trained here, that keep or lose what is known."""

import json

import pytest
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from jupyter_persian_ai.datasets.canonical import RowWriter
from jupyter_persian_ai.jobs import confined
from jupyter_persian_ai.persian.fertility import SAMPLED_ROWS, measure, named
from jupyter_persian_ai.protocol.quality import Fertility

TEXTS = [
    "می‌خواهم کتاب‌هایی را که آورده‌ای بخوانم.",
    "در خانهٔ ما باغی است؛ آبِ روان و درختان سرسبز دارد.",
    "آیا نمی‌دانستی که «گلستان» را سعدی نوشته است؟",
]


def folder_of(path, some):
    with RowWriter(path) as writer:
        for row in some:
            writer.add(row)
        writer.commit()
    return path


def byte_level():
    """As of most models today: bytes, which lose nothing."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def uncased():
    """As of the older Persian encoders: half-spaces go, and آ becomes ا."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Replace("\u200c", ""), normalizers.Replace("آ", "ا")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=300, special_tokens=["[UNK]", "[CLS]"], show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A", special_tokens=[("[CLS]", 1)]
    )
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=4)
    return tokenizer


@pytest.fixture
def measured(tmp_path):
    def run(tokenizer, some, **payload):
        file = tmp_path / "tokenizer.json"
        tokenizer.save(str(file))
        folder = folder_of(tmp_path / "rows", some)
        words = sum(len(text.split()) for row in some for text in row.values())
        asked = {"folder": str(folder), "tokenizer": str(file), "rows": len(some), "words": words}
        return Fertility(model_id="m", model_name="n", **measure(asked | payload))

    return run


def test_bytes_lose_nothing(measured):
    tokenizer = byte_level()
    found = measured(tokenizer, [{"text": text} for text in TEXTS])
    tokens = sum(len(tokenizer.encode(text).ids) for text in TEXTS)
    words = sum(len(text.split()) for text in TEXTS)
    assert found.sampled_rows == 3
    assert found.tokens_per_word == pytest.approx(tokens / words)
    assert found.characters_per_token == pytest.approx(sum(map(len, TEXTS)) / tokens)
    assert (found.lost, found.lost_count, found.half_spaces_kept) == ([], 0, True)
    assert found.unknown_tokens == 0
    assert found.packed_tokens == tokens + 3  # an end for each row


def test_what_is_lost_is_named_by_frequency_and_half_spaces_told_apart(measured):
    found = measured(uncased(), [{"text": text} for text in TEXTS])
    assert found.lost[:2] == ["U+200C ZERO WIDTH NON-JOINER", "آ"]
    assert not found.half_spaces_kept
    assert found.lost_count == sum(text.count("\u200c") + text.count("آ") for text in TEXTS)
    # Neither its template nor the cutting and filling that the file asks for is counted.
    assert found.tokens_per_word == 1


def test_letters_that_it_never_saw_are_unknown(measured):
    found = measured(uncased(), [{"text": "ژژ ژژژ کتاب"}])
    assert found.unknown_tokens == 2
    assert "ژ" in found.lost


def test_the_sample_speaks_for_the_whole(measured):
    some = [{"text": TEXTS[place % 3]} for place in range(SAMPLED_ROWS + 1000)]
    found = measured(byte_level(), some)
    assert found.sampled_rows == SAMPLED_ROWS
    tokens = found.tokens_per_word * sum(len(row["text"].split()) for row in some)
    assert found.packed_tokens == pytest.approx(tokens + len(some), abs=1)
    long = [{"text": " ".join(TEXTS) * 500} for _ in range(60)]
    assert 10 < measured(byte_level(), long).sampled_rows < 60


def test_turns_and_words_are_read_and_labels_are_not(tmp_path):
    file = tmp_path / "tokenizer.json"
    byte_level().save(str(file))
    talk = {
        "messages": [{"role": "user", "content": "یک دو"}, {"role": "assistant", "content": "سه"}]
    }
    words = {"tokens": ["یک", "دو", "سه"], "tags": ["O"] * 3}
    for name, row in (("a", talk), ("b", words), ("c", {"text": "یک دو سه", "label": "ردهٔ بد"})):
        folder = folder_of(tmp_path / name, [row])
        found = measure({"folder": str(folder), "tokenizer": str(file), "rows": 1, "words": 3})
        assert found["packed_tokens"] == round(found["tokens_per_word"] * 3) + 1


@pytest.mark.parametrize("content", ["", "{}", '{"model": 3}', "[" * 10_000, "\x00\xff"])
def test_a_file_that_is_no_tokenizer_ends_only_its_process(tmp_path, content):
    file = tmp_path / "tokenizer.json"
    file.write_text(content)
    folder = folder_of(tmp_path / "rows", [{"text": "یک دو سه"}])
    payload = {"folder": str(folder), "tokenizer": str(file), "rows": 1, "words": 3}
    target = "jupyter_persian_ai.persian.fertility:measure"
    with pytest.raises(Exception, match=r".") as caught:
        confined.call(target, payload, memory_bytes=2**31, seconds=60)
    assert caught.value.code


@pytest.mark.parametrize(
    ("character", "shown"),
    [
        ("آ", "آ"),
        ("؟", "؟"),
        ("\u200c", "U+200C ZERO WIDTH NON-JOINER"),
        ("\u064e", "◌\u064e U+064E ARABIC FATHA"),
        ("\n", "U+000A"),
        ("\u00a0", "U+00A0 NO-BREAK SPACE"),
    ],
)
def test_characters_are_shown_so_that_a_reader_sees_them(character, shown):
    assert named(character) == shown
    assert json.dumps(shown)
