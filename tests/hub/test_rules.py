"""The rules for tokenizers and templates: what everybody uses passes, what explodes does not."""

import json
import threading
import time

import pytest

from jupyter_persian_ai import errors
from jupyter_persian_ai.hub import template_rules, tokenizer_rules
from jupyter_persian_ai.hub.cpu_limit import ComputedTooLong, cpu_limit
from jupyter_persian_ai.hub.tokenizer_rules import explosive

#: Patterns of tokenizers that are in use (GPT-2, Llama 3, GPT-4o, Qwen, DeepSeek, Bloom, ...).
USED = [
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+"
    ),
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+| ?[\p{P}\p{S}]+[\r\n]*",
    r" ?[^(\s|[.,!?…。，、।۔،])]+",
    r"[一-龥぀-ゟ゠-ヿ]+",
    r"[^\s&&[^\d]]+",
    r" {2,}|\t+",
]
EXPLODING = [
    r"(a+)+$", r"(a|aa)+$", r"(?:a*)*b", r"([a-z]+)*!", r"(x+x+)+y", r"(a{1,200})+", r"(a+){2,}",
    r"(((a|b)*c))*", r"a+*", r"(?:(?:a|b)?)+", r"(?i:(x|y)z?)*", r"\1", r"(?<n>a)\k<n>",
    r"(?<n>a\g<n>?)", "[", "a" * 10_001, "a*" * 201,
]  # fmt: skip


@pytest.mark.parametrize("pattern", USED)
def test_patterns_in_use(pattern):
    assert explosive(pattern) == ""


@pytest.mark.parametrize("pattern", EXPLODING, ids=lambda pattern: pattern[:20])
def test_patterns_that_explode(pattern):
    assert explosive(pattern)


@pytest.mark.parametrize(
    "model",
    [
        {"type": "BPE", "vocab": {str(n): n for n in range(100)}, "merges": []},
        {"type": "BPE", "vocab": {}, "merges": [["a", "b"]] * 100},
        {"type": "Unigram", "vocab": [["a", 0.0]] * 100},
    ],
    ids=["vocabulary", "merges", "unigram"],
)
def test_a_vocabulary_larger_than_any(tmp_path, monkeypatch, model):
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({"model": model}))
    tokenizer_rules.check_tokenizer(tmp_path, path)
    monkeypatch.setitem(tokenizer_rules.LARGEST, "vocab_size", 99)
    with pytest.raises(errors.ModelNotAFolder, match="100 entries"):
        tokenizer_rules.check_tokenizer(tmp_path, path)
    monkeypatch.setattr(tokenizer_rules, "MAX_BYTES", 10)
    with pytest.raises(errors.ModelNotAFolder, match="too large"):
        tokenizer_rules.check_tokenizer(tmp_path, path)


#: As models write them: turns, tools, a system text, `generation`, loops with conditions.
TEMPLATES = [
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m.content }}<|im_end|>\n{% endfor %}",
    (
        "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
        "{% set loop_messages = messages[1:] %}{% else %}"
        "{% set loop_messages = messages %}{% endif %}{% for m in loop_messages %}"
        "{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('alternate') }}"
        "{% endif %}{{ m['content'] | trim }}{% endfor %}"
    ),
    (
        "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}"
        "{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}"
    ),
    (
        "{% set ns = namespace(n=0) %}{% for m in messages %}{% for call in m.tool_calls or [] %}"
        "{% for name, value in call.arguments.items() %}{{ name }}={{ value|tojson }}{% endfor %}"
        "{% endfor %}{% set ns.n = ns.n + 1 %}{% if ns.n > 3 %}{% break %}{% endif %}{% endfor %}"
    ),
    (
        "{% macro say(m) %}{{ '-' * 20 }}{{ m.content.split('</think>')[-1] }}{% endmacro %}"
        "{% for i in range(messages|length) %}{{ say(messages[i]) }}{% endfor %}"
    ),
    "{% this is no template",
]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("tried", [False, True])
def test_templates_in_use(tmp_path, monkeypatch, template, tried):
    monkeypatch.setattr(template_rules, "_memory_is_limited", lambda: tried)
    template_rules.check_template(tmp_path, "chat_template.jinja", template)


def for_ever():
    with cpu_limit(0.2):
        while True:
            pass


class TestTheLimit:
    def test_ends_what_computes(self):
        with pytest.raises(ComputedTooLong):
            for_ever()

    def test_standing_still_is_no_computing(self):
        with cpu_limit(0.2):
            time.sleep(0.5)

    def test_other_threads_do_not_count(self):
        ending = threading.Event()

        def busy():
            while not ending.is_set():
                pass

        other = threading.Thread(target=busy)
        other.start()
        try:
            with cpu_limit(0.2):
                time.sleep(0.6)
        finally:
            ending.set()
            other.join()

    def test_nothing_comes_after(self):
        for _ in range(20):
            with cpu_limit(5):
                pass
        assert sum(range(100_000))

    def test_an_error_of_the_block_is_its_own(self):
        with pytest.raises(KeyError), cpu_limit(5):
            raise KeyError
