"""Tokens, segments and steps of a run: from a tokenised sample of rows, else from characters.

Cuts and fills as `corpus` and `packing` do, on the sample; no torch.
"""

from __future__ import annotations

import math
import random
import statistics
from dataclasses import dataclass
from typing import Any

from ..protocol.gate import Certainty
from ..protocol.recipes import TrainingOptions

#: Characters per token of Persian text in a tokenizer with many Persian tokens.
_CHARACTERS_PER_TOKEN = 3.8
#: Tokens around a row: begin and end of text, or the markers of two turns.
_TOKENS_PER_ROW = {"pretrain": 2, "sft": 8, "dpo": 12, "classify": 2, "ner": 1}
#: Share of an exchange that is answer, where no sample says it.
_ANSWER_SHARE = 0.6
#: Segments to fill micro-batches with, to see how full they get.
_SIMULATED = 3000
#: Recipes whose target is a class and not the next token.
_CLASSES = frozenset({"classify", "ner"})

#: Segments of one row, each as tokens and scored tokens.
Row = list[list[int]]


@dataclass(frozen=True, slots=True)
class Count:
    """What the data comes to under given options.

    `tokens` are input positions of all rows in an epoch; `micro_batches` and `steps` of the whole
    run; `positions`, `scored` and `longest` are of the largest micro-batch; `cut` is the share of
    rows that lose their end, `lost` of those that leave nothing to learn; `pairs` are query-key
    pairs of an epoch.
    """

    tokens: int
    scored_share: float
    micro_batches: int
    steps: int
    positions: int
    scored: int
    longest: int
    pairs: int
    cut: float
    lost: float
    certainty: Certainty
    steps_certainty: Certainty


def characters_per_token(vocabulary: int) -> float:
    """Small vocabularies cut words into more pieces; measured on Persian verse and prose."""
    return min(_CHARACTERS_PER_TOKEN, 1.5 + 0.5 * math.log2(max(512, vocabulary) / 300))


def count(
    recipe: str,
    options: TrainingOptions,
    *,
    rows: int,
    characters: int,
    vocabulary: int,
    context: int,
    sample: dict[str, Any] | None,
) -> Count:
    """Tokens and steps of a run.

    Args:
        recipe: its id.
        options: its options.
        rows: of the dataset.
        characters: of all of them.
        vocabulary: of the tokenizer.
        context: the longest sequence the model has positions for; 0 when it has no limit.
        sample: what `token_sample.count` answered, or None.

    """
    longest = min(options.sequence_length, context or options.sequence_length)
    units: list[Row] = sample["units"] if sample else []
    if not units:
        units = [_typical(recipe, rows, characters, vocabulary)]
    cut = lost = 0
    kept: list[list[tuple[int, int]]] = []
    for unit in units:
        pieces, shortened = _pieces(unit, recipe, longest)
        cut += shortened
        lost += not pieces
        if pieces:
            kept.append(pieces)
    shares = (cut / len(units), lost / len(units))
    kept = kept or [[(longest, 1)]]
    learned = max(1, round(rows * (1 - shares[1]) * (1 - options.eval_fraction)))
    per_row = statistics.fmean(sum(size for size, _ in pieces) for pieces in kept)
    tokens = max(1, round(per_row * rows * (1 - shares[1])))
    scored = sum(scored for pieces in kept for _, scored in pieces)
    total = sum(size for pieces in kept for size, _ in pieces)
    filled = _fill(kept, learned, options.batch_size * longest, options.seed)
    epoch = max(1, math.ceil(learned / filled.rows))
    micro = math.ceil(options.epochs * epoch)
    steps = max(1, math.ceil(micro / options.gradient_accumulation))
    sure = _certainty(kept, bool(sample), len(units) >= rows)
    steps_sure = sure
    if options.max_steps is not None and options.max_steps <= steps:
        steps, micro = options.max_steps, options.max_steps * options.gradient_accumulation
        steps_sure = Certainty(how="computed", share=0.0)
    pairs = statistics.fmean(sum(size * (size + 1) / 2 for size, _ in p) for p in kept)
    return Count(
        tokens=tokens,
        scored_share=scored / max(1, total),
        micro_batches=micro,
        steps=steps,
        positions=filled.positions,
        scored=max(1, min(filled.scored, filled.positions)),
        longest=min(longest, max(size for pieces in kept for size, _ in pieces)),
        pairs=round(pairs * rows),
        cut=shares[0],
        lost=shares[1],
        certainty=sure,
        steps_certainty=steps_sure,
    )


def _typical(recipe: str, rows: int, characters: int, vocabulary: int) -> Row:
    """One row of average length."""
    tokens = characters / max(1, rows) / characters_per_token(vocabulary)
    tokens += _TOKENS_PER_ROW.get(recipe, 2)
    size = max(2, round(tokens))
    if recipe == "dpo":
        return [[size // 2 + 1, round(size * _ANSWER_SHARE / 2)] for _ in range(2)]
    scored = {"pretrain": size - 1, "classify": 1, "ner": size}
    return [[size, scored.get(recipe, round(size * _ANSWER_SHARE))]]


def _pieces(unit: Row, recipe: str, longest: int) -> tuple[list[tuple[int, int]], bool]:
    """Input positions and scored positions of a row's segments; whether its end was cut off."""
    shift = 0 if recipe in _CLASSES else 1
    if recipe == "pretrain":
        left = sum(tokens for tokens, _ in unit) - 1
        sizes = [longest] * (left // longest) + ([left % longest] if left % longest else [])
        return [(size, size) for size in sizes], False
    pieces, shortened = [], False
    for tokens, scored in unit:
        over = max(0, tokens - longest - shift)
        shortened = shortened or over > 0
        # An answer stands at the end, so it is what is cut.
        left = scored if recipe == "classify" else scored - over
        if left <= 0:
            return [], True
        pieces.append((min(tokens - shift, longest), left))
    return [piece for piece in pieces if piece[0] > 0], shortened


@dataclass(frozen=True, slots=True)
class _Filled:
    rows: float
    positions: int
    scored: int


def _fill(kept: list[list[tuple[int, int]]], learned: int, budget: int, seed: int) -> _Filled:
    """Rows in a micro-batch on average, and the largest micro-batch."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    order = [draw.choice(kept) for _ in range(min(learned, _SIMULATED))]
    if learned <= len(kept):
        order = draw.sample(kept, learned)
    batches: list[tuple[int, int, float]] = []
    positions = scored = 0
    share = 0.0
    for pieces in order:
        for size, looked_at in pieces:
            if positions and positions + size > budget:
                batches.append((positions, scored, share))
                positions, scored, share = 0, 0, 0.0
            positions += size
            scored += looked_at
            share += 1 / len(pieces)
    if not batches:
        return _Filled(max(share, 1.0), positions, scored)
    largest = max(batches)
    # With many more micro-batches than were tried, one will be as good as full.
    most = budget if learned > len(order) else largest[0]
    scale = max(most, largest[0]) / max(1, largest[0])
    rows = statistics.fmean(batch[2] for batch in batches)
    return _Filled(max(rows, 1e-9), max(most, largest[0]), round(largest[1] * scale))


def _certainty(kept: list[list[tuple[int, int]]], sampled: bool, whole: bool) -> Certainty:
    if not sampled:
        return Certainty(how="guessed", share=0.3)
    if whole:
        return Certainty(how="measured", share=0.02)
    sizes = [sum(size for size, _ in pieces) for pieces in kept]
    spread = statistics.stdev(sizes) / math.sqrt(len(sizes)) if len(sizes) > 1 else sizes[0]
    share = 2 * spread / statistics.fmean(sizes) + 0.02
    return Certainty(how="measured", share=round(min(share, 0.5), 3))
