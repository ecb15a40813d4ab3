"""Tokenizers: training one on the data, loading one from a model folder, chat templates.

A new tokenizer is byte-level BPE, so every text (U+200C included) comes back byte for byte; it
has no normaliser, because changing a user's text is not a tokenizer's business. Must not load
anything from a network or run code of a model folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from ..errors import ModelNotAFolder
from ..hub.inspect import check_words
from .bpe import learn
from .conversation import encode_conversation

BOS = "<|begin_of_text|>"
EOS = "<|end_of_text|>"
PAD = "<|pad|>"
SYSTEM = "<|system|>"
USER = "<|user|>"
ASSISTANT = "<|assistant|>"
END_OF_TURN = "<|end_of_turn|>"

#: Reserved in every tokenizer we train, so that `sft` needs no new rows in the embedding.
SPECIAL_TOKENS = (BOS, EOS, PAD, SYSTEM, USER, ASSISTANT, END_OF_TURN)

#: Of a model that has only read text: a conversation is text to continue. It has never met a
#: turn marker, so markers would only confuse it.
CONTINUATION_TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{% if not loop.first %}{{ '\\n' }}{% endif %}{{ message['content'] }}"
    "{% endfor %}"
)

#: Of a model of ours that learned to answer; its markers are in the vocabulary from the start.
CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' }}{{ message['content'] }}{{ '<|end_of_turn|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)

#: For a foreign tokenizer without a template: plain words, closed by its end-of-text token.
PLAIN_CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '### ' + message['role'] + '\\n' + message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{{ '\\n\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '### assistant\\n' }}{% endif %}"
)


def train_tokenizer(
    texts: Iterator[str], vocab_size: int, context_length: int
) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer of at most `vocab_size` tokens, learned from `texts`."""
    core = learn(texts, vocab_size, SPECIAL_TOKENS)
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token=BOS,
        eos_token=EOS,
        pad_token=PAD,
        extra_special_tokens=[SYSTEM, USER, ASSISTANT, END_OF_TURN],
        chat_template=CONTINUATION_TEMPLATE,
        model_max_length=context_length,
        clean_up_tokenization_spaces=False,
    )


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The fast tokenizer of a local model folder.

    Raises:
        ModelNotAFolder: when there is none that can be read.
        ModelUnsafe: when using it could run code, or never end.

    """
    check_words(folder)
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError) as error:
        raise ModelNotAFolder(
            path=str(folder),
            reason=f"no usable tokenizer ({error})",
            reason_fa="توکنایزر خواندنی ندارد",
        ) from error
    return tokenizer


def ensure_chat_template(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Give `tokenizer` a template of turns if it has none; whether that was needed."""
    if tokenizer.chat_template not in {None, "", CONTINUATION_TEMPLATE}:
        return False
    ours = END_OF_TURN in tokenizer.get_vocab()
    tokenizer.chat_template = CHAT_TEMPLATE if ours else PLAIN_CHAT_TEMPLATE
    return True


def encode_pair(
    tokenizer: PreTrainedTokenizerBase, prompt: str, answer: str
) -> tuple[list[int], int]:
    """Token ids of one exchange in the chat template, and the index of the first answer token.

    The prompt is encoded exactly as a chat engine will send it, so training and chat agree even
    where a merge would cross the border.

    Raises:
        ConversationRefused: the template cannot write such an exchange.

    """
    turns = [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
    ids, spans = encode_conversation(tokenizer, turns)
    return ids, spans[0][0]


def prompt_ids(tokenizer: PreTrainedTokenizerBase, messages: list[dict[str, str]]) -> list[int]:
    """Token ids of a conversation that waits for the assistant, as a chat engine sends it."""
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    ids: list[int] = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    return ids


def fingerprint(tokenizer: PreTrainedTokenizerBase) -> str:
    """A hash of all that decides which tokens a text becomes."""
    core = getattr(tokenizer, "backend_tokenizer", None)
    parts = [
        core.to_str() if core is not None else json.dumps(sorted(tokenizer.get_vocab().items())),
        str(tokenizer.chat_template),
        str(tokenizer.bos_token_id),
        str(tokenizer.eos_token_id),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def give_pad_token(tokenizer: PreTrainedTokenizerBase, model: Any) -> None:
    """Make sure that a model of classes can be given several texts at once later."""
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    model.config.pad_token_id = tokenizer.pad_token_id


def stop_ids(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Tokens that end an answer: end of text, and the turn markers of known templates."""
    known = (END_OF_TURN, "<end_of_turn>", "<|im_end|>", "<|eot_id|>", "<turn|>")
    vocabulary = tokenizer.get_vocab()
    found = {vocabulary[token] for token in known if token in vocabulary}
    if tokenizer.eos_token_id is not None:
        found.add(tokenizer.eos_token_id)
    return sorted(found)
