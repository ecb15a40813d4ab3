"""What the model writes now: a short continuation at each evaluation.

Uses its own random generator state, so that looking at a run does not change it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from transformers import GenerationConfig, StoppingCriteriaList

from .precision import Precision
from .world import here

TEMPERATURE = 0.8
_TOP_P = 0.95
_SEED = 1405


@torch.no_grad()
def write_sample(
    model: Any,
    tokenizer: Any,
    ids: list[int],
    precision: Precision,
    *,
    new_tokens: int,
    stop_ids: list[int],
    should_stop: Callable[[], bool],
) -> str:
    """The text that `model` writes after the token `ids`, without special tokens.

    Ends early, within a token, when a stop is asked for.
    """

    def stopped(so_far: torch.Tensor, _: Any, **__: Any) -> torch.Tensor:
        return torch.full((len(so_far),), here().agree(should_stop()), device=so_far.device)

    settings = GenerationConfig(
        do_sample=True,
        temperature=TEMPERATURE,
        top_p=_TOP_P,
        max_new_tokens=new_tokens,
        eos_token_id=stop_ids or None,
        pad_token_id=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0,
        bos_token_id=tokenizer.bos_token_id,
    )
    prompt = torch.tensor([ids], device=precision.device)
    devices = [precision.device] if precision.device.type == "cuda" else []
    was_training = model.training
    model.eval()
    try:
        with torch.random.fork_rng(devices), precision.autocast():
            torch.manual_seed(_SEED)
            answer = model.generate(
                prompt,
                attention_mask=torch.ones_like(prompt),
                generation_config=settings,
                stopping_criteria=StoppingCriteriaList([stopped]),
            )
    finally:
        model.train(was_training)
    text: str = tokenizer.decode(answer[0, len(ids) :], skip_special_tokens=True)
    # The limit may fall between the bytes of a letter; its half is no part of the text.
    return text.rstrip("\ufffd")
