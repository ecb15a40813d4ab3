"""Whether steps fit a dataset, said before anything is read: which step, which field, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from pydantic import TypeAdapter

from ...errors import DatasetStep
from ...persian.digits import to_persian
from ...protocol.data import DatasetShape
from ...protocol.quality import DatasetAnalysis, FindingCode
from ...protocol.versions import FilterStep, MapStep, PartStep, Step, WithoutStep
from .. import findings
from ..analysis import ANALYSIS, analyse_folder
from ..canonical import labels_of
from ..forming import FIELDS
from ..stored import SHAPE_FIELDS
from .changes import COMPARED
from .choices import other_key
from .mapping import names_of, relabel

#: The labels that rows may have; None where only the rows themselves could say.
Labels = set[str] | None

STEPS: TypeAdapter[list[Step]] = TypeAdapter(list[Step])
#: Shapes whose rows have one label each.
_LABELLED = (DatasetShape.TEXT_LABEL, DatasetShape.PAIR_LABEL)


def refuse(
    place: int, step: Step, field: str, reason: str, reason_fa: str, **details: Any
) -> NoReturn:
    """Say why a step cannot be done; `place` counts from 0."""
    raise DatasetStep(
        place=place + 1,
        kind=step.kind,
        field=f"steps.{place}.{field}" if field else f"steps.{place}",
        reason=reason,
        reason_fa=reason_fa,
        **details,
    )


def check(
    steps: Sequence[Step],
    shape: DatasetShape,
    labels: Iterable[str],
    others: Mapping[str, str],
) -> list[DatasetShape]:
    """The shape of the rows before each step, and after the last.

    `labels` are those of the data that the steps begin with; `others` as in `choices.mask`.

    Raises:
        DatasetStep: a step does not fit.

    """
    known: Labels = set(labels)
    shapes = [shape]
    for place, step in enumerate(steps):
        if isinstance(step, FilterStep):
            _check_filter(place, step, shape, known)
        elif isinstance(step, MapStep):
            _check_map(place, step, shape, known)
            known = _renamed(step, shape, known)
            shape = step.shape
        elif isinstance(step, PartStep):
            _check_part(place, step)
        elif isinstance(step, WithoutStep) and other_key(step) not in others:
            refuse(place, step, "dataset_id", "it is not there", "پیدا نشد")
        shapes.append(shape)
    return shapes


def _check_filter(place: int, step: FilterStep, shape: DatasetShape, known: Labels) -> None:
    least, most = step.min_words, step.max_words
    if least is not None and most is not None and least > most:
        refuse(
            place,
            step,
            "max_words",
            f"no row has at most {most} words and at least {least}",
            f"سطری با حداکثر {to_persian(str(most))} و دست‌کم {to_persian(str(least))} واژه نیست",
        )
    if step.keep_labels:
        _check_labels(place, step, "keep_labels", step.keep_labels, shape, known)


def _check_map(place: int, step: MapStep, shape: DatasetShape, known: Labels) -> None:
    there = SHAPE_FIELDS[shape]
    must, may = FIELDS[step.shape]
    for ours, theirs in step.fields.items():
        if ours not in {*must, *may}:
            listed = ", ".join((*must, *may))
            refuse(
                place,
                step,
                f"fields.{ours}",
                f"the shape “{step.shape.value}” has no field “{ours}”, but {listed}",
                f"شکل «{step.shape.value}» فیلد «{ours}» ندارد؛ فیلدهایش {listed} است",
            )
        if theirs not in there:
            listed = ", ".join(there)
            refuse(
                place,
                step,
                f"fields.{ours}",
                f"the rows have no field “{theirs}”, but {listed}",
                f"سطرها فیلد «{theirs}» ندارند؛ فیلدهایشان {listed} است",
            )
    names = names_of(step, shape)
    for ours in must if names is not None else ():
        if ours not in (names or {}):
            refuse(
                place,
                step,
                f"fields.{ours}",
                f"say which field becomes “{ours}”: one of {', '.join(there)}",
                f"بگویید کدام فیلد «{ours}» می‌شود: یکی از {', '.join(there)}",
            )
    if step.labels:
        if names_of_labels(step, shape):
            known = None
        elif "tags" in there and known is not None:
            known = known | {tag.partition("-")[2] for tag in known}
        _check_labels(place, step, "labels", step.labels, step.shape, known)


def _check_labels(
    place: int,
    step: Step,
    field: str,
    named: Iterable[str],
    shape: DatasetShape,
    known: Labels,
) -> None:
    if shape not in (*_LABELLED, DatasetShape.TOKENS_TAGS):
        refuse(place, step, field, "the rows have no labels", "سطرها برچسبی ندارند")
    for label in named if known is not None else ():
        if known is not None and label not in known:
            listed = ", ".join(one[:40] for one in sorted(known)[:20])
            refuse(
                place,
                step,
                field,
                f"no row has the label “{label}”; there are {listed}",
                f"هیچ سطری برچسب «{label}» ندارد؛ برچسب‌ها {listed} است",
            )


def _renamed(step: MapStep, shape: DatasetShape, known: Labels) -> Labels:
    """The labels after a step; where another field became the label they are not known."""
    if known is None or names_of_labels(step, shape):
        return None
    one = "tags" if shape is DatasetShape.TOKENS_TAGS else "label"
    found: set[str] = set()
    for label in known:
        row: dict[str, Any] = {one: [label] if one == "tags" else label}
        relabel(row, step.labels)
        found.update(labels_of(row))
    return found


def names_of_labels(step: MapStep, shape: DatasetShape) -> list[str]:
    """The fields of labels that the step fills from a field that holds none."""
    names = names_of(step, shape) or {}
    return [ours for ours in ("label", "tags") if names.get(ours, ours) != ours]


def _check_part(place: int, step: PartStep) -> None:
    if step.part not in step.parts:
        listed = ", ".join(step.parts)
        refuse(
            place,
            step,
            "part",
            f"“{step.part}” is none of the parts {listed}",
            f"«{step.part}» هیچ‌یک از بخش‌های {listed} نیست",
        )
    shares = step.parts.values()
    if not all(0 < share <= 1 for share in shares) or abs(sum(shares) - 1) > 1e-6:
        refuse(
            place,
            step,
            "parts",
            f"shares lie between 0 and 1 and sum to 1, not to {sum(shares):g}",
            f"سهم‌ها میان ۰ و ۱ هستند و جمعشان ۱ است، نه {to_persian(f'{sum(shares):g}')}",
        )


def check_compared(steps: Sequence[Step], source: Path) -> None:
    """Make sure that rows were compared, where a filter goes by what that showed.

    Raises:
        DatasetStep: they were not, and it would silently drop none.

    """
    for place, step in enumerate(steps):
        wanted = set(step.drop) if isinstance(step, FilterStep) else set()
        if wanted.isdisjoint(COMPARED):
            continue
        if not (source / findings.FLAGS).is_file() or not (source / ANALYSIS).is_file():
            analyse_folder({"folder": str(source)})
        known = DatasetAnalysis.model_validate_json((source / ANALYSIS).read_bytes())
        if FindingCode.NEAR_DUPLICATE in wanted and not known.near_duplicates_known:
            refuse(
                place,
                step,
                "drop",
                "near-duplicates were not looked for yet; look for them, or use the step dedupe",
                "سطرهای تقریباً تکراری هنوز جست‌وجو نشده‌اند؛ آن‌ها را بجویید، یا گام dedupe را "
                "به کار ببرید",
            )
        if FindingCode.LEAK in wanted and all(
            one.code is not FindingCode.LEAK for one in known.findings
        ):
            refuse(
                place,
                step,
                "drop",
                "no row is marked as one of other data; use the step without",
                "هیچ سطری نشان مشترک با دادهٔ دیگر ندارد؛ گام without را به کار ببرید",
            )
