"""Tokenizers keep every byte, and data cannot pose as a marker."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from jupyter_persian_ai.errors import ModelNotAFolder
from jupyter_persian_ai.training import encoding
from jupyter_persian_ai.training import tokenizer as tokenizers


@pytest.fixture(scope="module")
def tokenizer(texts):
    return tokenizers.train_tokenizer(iter(texts), 400, 128)


@given(st.text(st.characters(exclude_categories=["Cs"])))
@settings(max_examples=200, deadline=None)
def test_every_text_comes_back_byte_for_byte(tokenizer, text):
    ids = encoding.text_ids(tokenizer, [text])[0]
    assert tokenizer.decode(ids) == text


def test_a_word_with_a_half_space_can_be_one_token(texts):
    tokenizer = tokenizers.train_tokenizer(iter(texts), 1000, 128)
    assert len(encoding.text_ids(tokenizer, [" نمی‌دانم"])[0]) == 1


def test_training_twice_gives_the_same_tokenizer(texts, tokenizer):
    again = tokenizers.train_tokenizer(iter(texts), 400, 128)
    assert again.get_vocab() == tokenizer.get_vocab()
    assert again.backend_tokenizer.to_str() == tokenizer.backend_tokenizer.to_str()


@pytest.mark.parametrize("marker", tokenizers.SPECIAL_TOKENS)
def test_data_that_looks_like_a_marker_stays_text(tokenizer, marker):
    ids = encoding.text_ids(tokenizer, [f"دل {marker} جان"])[0]
    assert not set(ids) & set(tokenizer.all_special_ids)
    assert tokenizer.decode(ids) == f"دل {marker} جان"


def test_documents_begin_and_end(tokenizer):
    encoded = encoding.documents(tokenizer, ["دل", "", "جان"])
    first, _, last = encoded.lengths.tolist()
    ids = encoded.ids.tolist()
    assert encoded.lengths[1] == 0
    for part in (ids[:first], ids[-last:]):
        assert (part[0], part[-1]) == (tokenizer.bos_token_id, tokenizer.eos_token_id)
    assert tokenizer.decode(ids[1 : first - 1]) == "دل"


def test_a_model_that_has_only_read_continues_the_text(tokenizer):
    text = tokenizer.apply_chat_template(
        [{"role": "user", "content": "دل"}, {"role": "assistant", "content": "جان"}],
        tokenize=False,
        add_generation_prompt=True,
    )
    assert text == "<|begin_of_text|>دل\nجان"


def test_pairs_score_the_answer_and_its_end(texts, tmp_path):
    tokenizer = tokenizers.train_tokenizer(iter(texts), 400, 128)
    assert tokenizers.ensure_chat_template(tokenizer)
    assert not tokenizers.ensure_chat_template(tokenizer)
    ids, first = tokenizers.encode_pair(tokenizer, "دل", "جان")
    assert (
        tokenizer.decode(ids[:first]) == "<|begin_of_text|><|user|>دل<|end_of_turn|><|assistant|>"
    )
    assert tokenizer.decode(ids[first:]) == "جان<|end_of_turn|>"
    tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert again.chat_template == tokenizers.CHAT_TEMPLATE
    assert tokenizers.encode_pair(again, "دل", "جان") == (ids, first)


def test_a_foreign_tokenizer_without_a_template_gets_plain_words(texts):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {char: i for i, char in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    core = Tokenizer(models.BPE(vocabulary, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    foreign = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="</s>")
    assert tokenizers.ensure_chat_template(foreign)
    ids, first = tokenizers.encode_pair(foreign, "دل", "جان")
    assert foreign.decode(ids[:first]) == "### user\nدل\n\n### assistant\n"
    assert foreign.decode(ids[first:]) == "جان</s>\n\n"


def test_a_template_that_rewrites_answers_is_found_by_the_answer(texts):
    tokenizer = tokenizers.train_tokenizer(iter(texts), 400, 128)
    tokenizer.chat_template = (
        "{% for m in messages %}{% if m['role'] == 'user' %}Q:{{ m['content'] }}"
        "{% else %}<think></think>A:{{ m['content'] }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}<think>{% endif %}"
    )
    ids, first = tokenizers.encode_pair(tokenizer, "دل", "جان")
    # The template writes no end, and without one a model never learns to stop.
    assert tokenizer.decode(ids[first:]).endswith("جان<|end_of_text|>")


def test_a_folder_without_a_tokenizer_is_an_error(tmp_path):
    with pytest.raises(ModelNotAFolder):
        tokenizers.load_tokenizer(tmp_path)


@given(st.lists(st.text("اب می\u200cها ۱7.\n\n\r\t aZ_ـَ", max_size=40), max_size=6))
@settings(max_examples=300, deadline=None)
def test_words_and_lines_one_by_one_give_the_same_tokens(tokenizer, texts):
    whole = tokenizer.backend_tokenizer.encode_batch(texts, add_special_tokens=False)
    assert encoding.text_ids(tokenizer, texts) == [one.ids for one in whole]
