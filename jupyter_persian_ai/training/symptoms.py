"""What is wrong with a run, seen from its losses alone: divergence, plateau, no improvement.

Pure functions over `TrainingState`, so that a resumed run comes to the same judgement at the same
step. Must not end anything: `fit` decides what a symptom means.
"""

from __future__ import annotations

from ..protocol.base import Note
from .checkpoint import TrainingState

#: The mean loss moves by this share of its distance to each new loss.
_MOVE = 0.05
#: Steps before a mean that has risen means anything.
_SETTLE = 20
#: A mean above its lowest by this much (nats), or this share, has run away.
_AWAY, _AWAY_SHARE = 0.7, 0.3
#: Evaluations in a row within this share of each other are a plateau.
_FLAT, _FLAT_EVALUATIONS = 0.002, 5


def observe(state: TrainingState, loss: float) -> bool:
    """Take the loss of a finished step in; whether it has just run away."""
    before = state.mean_loss
    mean = state.mean_loss = loss if before is None else before + _MOVE * (loss - before)
    lowest = state.lowest_mean
    if lowest is None or mean < lowest:
        state.lowest_mean = mean
        state.diverged = False
        return False
    away = mean > lowest + max(_AWAY, _AWAY_SHARE * abs(lowest)) and state.step >= _SETTLE
    news = away and not state.diverged
    state.diverged = away
    return news


def without_improvement(state: TrainingState) -> int:
    """Evaluations since the best one."""
    losses = _in_order(state)
    return len(losses) - 1 - losses.index(min(losses)) if losses else 0


def on_plateau(state: TrainingState) -> bool:
    """Whether the last evaluations barely differ, and the one before them did not either."""
    losses = _in_order(state)[-_FLAT_EVALUATIONS:]
    if len(losses) < _FLAT_EVALUATIONS:
        return False
    return max(losses) - min(losses) <= _FLAT * abs(min(losses))


def _in_order(state: TrainingState) -> list[float]:
    return [loss for _, loss in sorted((int(step), x) for step, x in state.evaluations.items())]


def nan_note(value: float, *, stops: bool) -> Note:
    """The loss or gradient was no number."""
    end_en = "The run ends." if stops else "The step was skipped; weights are unchanged."
    end_fa = "کار پایان می‌یابد." if stops else "از این گام گذشتیم؛ وزن‌ها دست نخورده‌اند."
    return Note(
        en=f"The loss is {value}. A lower learning rate usually helps. {end_en}",
        fa=f"خطا {value} شد. معمولاً نرخ یادگیری کمتر چاره است. {end_fa}",
    )


def divergence_note(state: TrainingState, *, stops: bool) -> Note:
    """The mean loss ran away from its lowest."""
    low, mean = state.lowest_mean or 0.0, state.mean_loss or 0.0
    return Note(
        en=f"The loss runs away: its mean went from {low:.3f} to {mean:.3f}. Try a lower "
        "learning rate." + (" The run ends." if stops else ""),
        fa=f"خطا از دست رفته است: میانگینش از {low:.3f} به {mean:.3f} رسید. نرخ یادگیری کمتری "
        "بیازمایید." + (" کار پایان می‌یابد." if stops else ""),
    )


def plateau_note(*, stops: bool) -> Note:
    """Evaluations no longer move."""
    return Note(
        en=f"The evaluation loss has not moved in {_FLAT_EVALUATIONS} evaluations."
        + (" The run ends here." if stops else ""),
        fa=f"خطای ارزیابی در {_FLAT_EVALUATIONS} ارزیابی تکان نخورده است."
        + (" کار همین‌جا پایان می‌یابد." if stops else ""),
    )


def patience_note(evaluations: int, best_step: int | None) -> Note:
    """Early stopping."""
    return Note(
        en=f"{evaluations} evaluations without a better one: the run ends early. "
        f"The best was at step {best_step}.",
        fa=f"{evaluations} ارزیابی بی‌بهبود گذشت: کار زودتر پایان می‌یابد. بهترین در گام "
        f"{best_step} بود.",
    )
