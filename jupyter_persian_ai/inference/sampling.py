"""Drawing the next token from logits: plain torch, no state but a generator and what was seen.

Order as users of other engines expect it: repetition penalty, temperature, top-k, top-p.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """How to draw. `temperature` 0 takes the likeliest; `top_k` 0 and `top_p` 1 keep all."""

    temperature: float = 0.8
    top_p: float = 0.95
    top_k: int = 50
    repetition_penalty: float = 1.1
    seed: int | None = None


class Sampler:
    """Draws one answer; made anew for each.

    Args:
        settings: how to draw.
        vocabulary: size of the logits.
        seen: token ids of the prompt, int64 [n]; they and what is drawn are penalised.

    """

    def __init__(self, settings: SamplingSettings, vocabulary: int, seen: torch.Tensor) -> None:
        self._settings = settings
        self._seen = torch.zeros(vocabulary, dtype=torch.bool)
        self._seen[seen] = True
        self._generator = torch.Generator()
        if settings.seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed(settings.seed)

    def draw(self, logits: torch.Tensor) -> int:
        """The next token from `logits`, [vocabulary] of any float type on any device."""
        scores = penalise(logits.detach().float().cpu(), self._seen, self._settings)
        if self._settings.temperature == 0:
            token = int(scores.argmax())
        else:
            chances, tokens = candidates(scores, self._settings)
            token = int(tokens[torch.multinomial(chances, 1, generator=self._generator)])
        self._seen[token] = True
        return token


def penalise(scores: torch.Tensor, seen: torch.Tensor, settings: SamplingSettings) -> torch.Tensor:
    """Logits of tokens that were `seen` (bool [vocabulary]) pushed down (CTRL's penalty)."""
    if settings.repetition_penalty == 1:
        return scores
    pushed = torch.where(
        scores > 0, scores / settings.repetition_penalty, scores * settings.repetition_penalty
    )
    return torch.where(seen, pushed, scores)


def candidates(
    scores: torch.Tensor, settings: SamplingSettings
) -> tuple[torch.Tensor, torch.Tensor]:
    """Probabilities, likeliest first and summing to 1, and the tokens they belong to."""
    count = len(scores) if settings.top_k == 0 else min(settings.top_k, len(scores))
    kept, tokens = torch.topk(scores / settings.temperature, count)
    chances = kept.softmax(-1)
    if settings.top_p < 1:
        # Keep a token while those before it hold less than top_p: the first always stays.
        inside = chances.cumsum(-1) - chances < settings.top_p
        chances, tokens = chances[inside], tokens[inside]
        chances = chances / chances.sum()
    return chances, tokens
