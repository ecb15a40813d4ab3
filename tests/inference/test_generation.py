"""Writing: cache reuse changes no word, text comes in whole characters, nothing overflows."""

from __future__ import annotations

import shutil
import time

import pytest
from tokenizers.decoders import DecodeStream

from jupyter_persian_ai.errors import ModelNotAFolder, ModelPickled, ModelUnsafe, ModelUnsupported
from jupyter_persian_ai.inference.generation import Answer, StopTexts, Writer
from jupyter_persian_ai.inference.loading import load_model
from jupyter_persian_ai.inference.prompt import as_learned, encode, fit_prompt
from jupyter_persian_ai.inference.sampling import SamplingSettings
from jupyter_persian_ai.persian import backends, recipe_file
from jupyter_persian_ai.protocol.normaliser import NormaliserRecipe

GREEDY = SamplingSettings(temperature=0, repetition_penalty=1)
HOT = SamplingSettings(temperature=2.0, top_p=1, top_k=0, repetition_penalty=1, seed=3)


@pytest.fixture(scope="module")
def chat(chat_model):
    return load_model(chat_model)


@pytest.fixture(scope="module")
def endless(endless_model):
    return load_model(endless_model)


def say(writer, messages, settings=GREEDY, *, limit=40, stop=(), cancelled=lambda: False):
    answer = Answer(asked=time.monotonic())
    pieces = list(
        writer.write(
            messages,
            settings,
            max_new_tokens=limit,
            stop=list(stop),
            answer=answer,
            cancelled=cancelled,
        )
    )
    return pieces, answer


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


def test_the_next_turn_reads_only_what_is_new(chat):
    writer = Writer(chat)
    first, told = say(writer, [user("دل")])
    assert told.usage.cached_tokens == 0
    talk = [user("دل"), assistant("".join(first)), user("یار گل")]
    warm, reused = say(writer, talk)
    cold, fresh = say(Writer(chat), talk)
    assert reused.usage.cached_tokens > told.usage.prompt_tokens
    assert reused.usage.prompt_tokens == fresh.usage.prompt_tokens
    assert warm == cold


def test_another_conversation_keeps_only_the_common_beginning(chat):
    writer = Writer(chat)
    say(writer, [user("می‌روم به خانه‌ای")])
    talk = [user("نمی‌دانم سخن")]
    warm, told = say(writer, talk)
    assert 0 < told.usage.cached_tokens < told.usage.prompt_tokens
    assert warm == say(Writer(chat), talk)[0]


def test_the_same_question_again_gives_the_same_answer(chat):
    writer = Writer(chat)
    settings = SamplingSettings(seed=11)
    one, _ = say(writer, [user("دل")], settings)
    two, told = say(writer, [user("دل")], settings)
    assert one == two
    assert told.usage.cached_tokens == told.usage.prompt_tokens - 1


def test_an_answer_ends_at_the_end_of_its_turn(chat):
    pieces, told = say(Writer(chat), [user("می‌روم به خ")], limit=200)
    assert told.ending == "stop"
    assert "<|" not in "".join(pieces)
    assert told.usage.completion_tokens < 200
    assert told.usage.first_token_seconds > 0
    assert told.usage.tokens_per_second > 0


def test_the_limit_is_kept(chat):
    _, told = say(Writer(chat), [user("دل")], HOT, limit=5)
    assert told.usage.completion_tokens <= 5
    assert told.ending in {"length", "stop"}


def test_pieces_are_whole_characters_even_when_tokens_are_not(chat):
    text = "می‌خواهم ‌‌ 🌙 نمی‌دانم"
    ids = chat.tokenizer(text, add_special_tokens=False)["input_ids"]
    assert len(ids) > len(text) / 2
    stream = DecodeStream(skip_special_tokens=True)
    steps = [stream.step(chat.tokenizer.backend_tokenizer, token) for token in ids]
    assert None in steps
    pieces = [piece for piece in steps if piece]
    assert "".join(pieces) == text
    assert not any("�" in piece for piece in pieces)


def test_bytes_that_are_no_text_never_break_a_piece(endless):
    pieces, told = say(Writer(endless), [user("دل")], HOT, limit=300)
    assert told.usage.completion_tokens == 300
    assert all(piece.encode("utf-8") for piece in pieces)


def test_stop_is_heeded_within_a_token(endless):
    asked = iter(range(1000))
    # The first question is before the prompt is read, the second before the first token.
    _, told = say(Writer(endless), [user("دل")], limit=200, cancelled=lambda: next(asked) > 5)
    assert told.ending == "cancelled"
    assert told.usage.completion_tokens == 5


def test_a_cancelled_answer_leaves_a_cache_that_is_right(chat):
    writer = Writer(chat)
    count = iter(range(100))
    say(writer, [user("دل جان است")], cancelled=lambda: next(count) > 3)
    talk = [user("دل جان باغ")]
    assert say(writer, talk)[0] == say(Writer(chat), talk)[0]


def test_the_oldest_turns_go_when_the_context_is_full(chat):
    talk = [{"role": "system", "content": "کوتاه"}]
    for number in range(40):
        talk += [user(f"می‌روم {number}"), assistant("یار گل باغ شب")]
    talk.append(user("آخرین پرسش"))
    fitted = fit_prompt(chat.tokenizer, talk, context_length=512, max_new_tokens=100)
    assert fitted.dropped > 0
    assert fitted.dropped % 2 == 0
    assert len(fitted.ids) <= 412
    text = chat.tokenizer.decode(fitted.ids)
    assert text.startswith("<|begin_of_text|><|system|>کوتاه<|end_of_turn|><|user|>")
    assert "آخرین پرسش" in text
    assert "می‌روم 0<" not in text
    _, told = say(Writer(chat), talk, limit=100)
    assert told.usage.dropped_messages > 0
    assert told.usage.context_length == 512
    assert told.usage.prompt_tokens + told.usage.completion_tokens <= 512


def test_one_message_too_long_loses_its_beginning(chat):
    long = "یار گل باغ " * 400
    fitted = fit_prompt(chat.tokenizer, [user(long)], context_length=512, max_new_tokens=8192)
    assert len(fitted.ids) == 384
    assert fitted.new_tokens == 128
    pieces, told = say(Writer(chat), [user(long)], HOT, limit=8192)
    assert told.usage.completion_tokens <= 128
    assert pieces


def test_a_model_without_a_template_continues_the_text(chat, monkeypatch):
    monkeypatch.setattr(chat.tokenizer, "chat_template", None)
    ids = encode(chat.tokenizer, [user("دل"), assistant("جان"), user("یار")])
    assert chat.tokenizer.decode(ids, skip_special_tokens=True) == "دل\nجان\nیار"


def test_a_template_without_a_system_role_gets_it_in_the_first_question(chat, monkeypatch):
    template = (
        "{% for m in messages %}{% if m['role'] == 'system' %}"
        "{{ raise_exception('no system') }}{% endif %}[{{ m['role'] }}]{{ m['content'] }}"
        "{% endfor %}"
    )
    monkeypatch.setattr(chat.tokenizer, "chat_template", template)
    talk = [{"role": "system", "content": "کوتاه"}, user("دل"), user("جان")]
    assert chat.tokenizer.decode(encode(chat.tokenizer, talk)) == "[user]کوتاه\n\nدل\n\nجان"


def test_a_model_that_only_read_continues_what_it_is_given(written_model):
    writer = Writer(load_model(written_model))
    pieces, _ = say(writer, [user("می‌روم به خانه‌ای که")], limit=30)
    assert "دل جان است" in "".join(pieces)


@pytest.mark.parametrize(
    ("stops", "pieces", "shown", "found"),
    [
        ([], ["ab", "c"], "abc", False),
        (["END"], ["aE", "N", "x"], "aENx", False),
        (["END"], ["aE", "N", "Dx"], "a", True),
        (["\n\n"], ["a\n", "b\n\nc"], "a\nb", True),
        (["bc", "b"], ["ab", "c"], "a", True),
        (["END"], ["aEN"], "aEN", False),
    ],
)
def test_texts_that_stop(stops, pieces, shown, found):
    held = StopTexts(stops)
    text = ""
    for piece in pieces:
        text += held.take(piece)
        if held.found:
            break
    assert text + held.rest() == shown
    assert held.found is found


def test_bad_folders_have_clear_errors(tmp_path, chat_model):
    with pytest.raises(ModelNotAFolder):
        load_model(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "no-such-model"}')
    with pytest.raises((ModelUnsupported, ModelNotAFolder)):
        load_model(tmp_path)
    (tmp_path / "config.json").write_text('{"auto_map": {"AutoModelForCausalLM": "x.Y"}}')
    with pytest.raises(ModelUnsafe):
        load_model(tmp_path)


def test_pickled_weights_are_never_loaded(tmp_path, chat_model):
    import shutil

    folder = shutil.copytree(chat_model, tmp_path / "pickled")
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04cos\nsystem\n.")
    with pytest.raises(ModelPickled, match=r"pytorch_model\.bin"):
        load_model(folder)


def test_what_people_wrote_is_read_as_the_model_learned(chat_model, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(chat_model, folder)
    plain = load_model(folder)
    assert plain.normaliser is None
    recipe_file.write(folder, NormaliserRecipe())
    loaded = load_model(folder)
    talk = [
        {"role": "system", "content": "كوتاه بنويس"},
        user("نمي دانم"),
        assistant("ي ك"),
        user("كتاب ها"),
    ]
    kept = [dict(message) for message in talk]
    read = as_learned(talk, loaded.normaliser)
    assert [one["content"] for one in read] == ["کوتاه بنویس", "نمی‌دانم", "ي ك", "کتاب‌ها"]
    assert talk == kept
    said, told = say(Writer(loaded), [user("نمي دانم سخن")])
    wanted, clean = say(Writer(plain), [user("نمی‌دانم سخن")])
    assert said == wanted
    assert told.usage.prompt_tokens == clean.usage.prompt_tokens


def test_a_back_end_that_is_not_here_keeps_no_model_away(chat_model, tmp_path, caplog):
    if backends.installed("hazm"):
        pytest.skip("hazm is installed")
    folder = tmp_path / "model"
    shutil.copytree(chat_model, folder)
    recipe_file.write(folder, NormaliserRecipe(backend="hazm", backend_version="0.12.1"))
    assert load_model(folder).normaliser is None
    assert "hazm" in caplog.text
