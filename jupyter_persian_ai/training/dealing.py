"""Which rank works on which segments of a step or an evaluation.

Every rank knows the whole plan, so nothing is sent to decide it. All ranks make the same number of
passes through the model, for every pass gathers weights from all; a rank with less to do makes
passes that count for nothing.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .corpus import Corpus
from .packing import split
from .world import World


def deal(
    corpus: Corpus, batches: Sequence[NDArray[Any]], world: World, positions: int | None
) -> list[tuple[NDArray[Any], bool]]:
    """The passes of this rank: segments, and whether they count.

    Args:
        corpus: of the segments.
        batches: planned micro-batches.
        world: as many whole micro-batches go to every rank as there are; each of those that
            remain is shared out by segments, equal in positions as far as segments allow.
        positions: passes with more are split.

    """
    size = world.size
    shares: list[list[NDArray[Any]]] = [[] for _ in range(size)]
    even = len(batches) // size * size
    for number, batch in enumerate(batches[:even]):
        shares[number % size].append(batch)
    for batch in batches[even:]:
        for share, part in zip(shares, _apart(corpus, batch, size), strict=True):
            if len(part):
                share.append(part)
    passes = [
        [part for batch in share for part in split(corpus, batch, positions)] for share in shares
    ]
    mine = [(part, True) for part in passes[world.rank]]
    idle = max(map(len, passes)) - len(mine)
    return mine + [(batches[0][: corpus.together], False)] * idle


def _apart(corpus: Corpus, segments: NDArray[Any], size: int) -> list[NDArray[Any]]:
    """One micro-batch in `size` parts: the longest unit first, each to the lightest part."""
    units = segments.reshape(-1, corpus.together)
    if size == 1:
        return [segments]
    weights = corpus.lengths[units].sum(axis=1)
    loads = [(0, part) for part in range(size)]
    owner = np.empty(len(units), dtype=np.int64)
    for unit in np.argsort(-weights, kind="stable"):
        load, part = heapq.heappop(loads)
        owner[unit] = part
        heapq.heappush(loads, (load + int(weights[unit]), part))
    return [units[owner == part].reshape(-1) for part in range(size)]
