"""The launch gate's answers: an estimate with its checks, a rehearsal's result, a refusal.

Turns figures into what goes on the wire. Starts and measures nothing.
"""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from typing import Any

from ..errors import DiskFull, LaunchRefused, PersianAIError, TooLittleMemory
from ..protocol.base import Note
from ..protocol.gate import Certainty, GateCheck, Rehearsal
from ..protocol.jobs import Estimate
from ..protocol.recipes import TrainingOptions
from ..training import estimate as arithmetic
from ..training import gate
from ..training.estimate import Device, Needs


def gated(
    wanted: Needs, options: TrainingOptions, device: Device, estimate: Estimate | None = None
) -> Estimate:
    """The estimate with the gate's checks."""
    told = estimate or arithmetic.needs(wanted, options, device)
    libraries = gate.Libraries(bitsandbytes=importlib.util.find_spec("bitsandbytes") is not None)
    checks = gate.checks(wanted, options, device, told, libraries)
    fits = told.fits and gate.refusing(checks) is None
    return told.model_copy(update={"gate": checks, "fits": fits})


def measured(estimate: Estimate, took: dict[str, Any]) -> Estimate:
    """The estimate with what one real step of the very same run took."""
    sure = Certainty(how="measured", share=0.1)
    # The step wrote no checkpoint.
    copy = estimate.memory_parts.get("checkpoint", 0)
    memory = took["memory_bytes"] + copy
    return estimate.model_copy(
        update={
            "steps": took["steps"],
            "tokens": took["dataset_tokens"],
            "memory_bytes": memory,
            "memory_parts": {},
            "seconds": took["seconds_per_step"] * took["steps"],
            "fits": memory <= estimate.memory_available
            and estimate.disk_bytes <= estimate.disk_available,
            "certainty": estimate.certainty
            | {"memory_bytes": sure, "seconds": Certainty(how="measured", share=0.3)}
            | dict.fromkeys(("steps", "tokens"), Certainty(how="measured", share=0.0)),
        }
    )


def shrunk(device: Device, estimate: Estimate, measured: int) -> Device:
    """The device as the estimate has to see it so that it errs no more than it just did.

    A step that ran out of memory needed more than was free: estimates are scaled to that.
    """
    needed = max(measured, device.memory)
    return replace(device, memory=int(device.memory * min(1.0, estimate.memory_bytes / needed)))


def told(took: dict[str, Any], device: Device, change: dict[str, Any] | None) -> Rehearsal:
    """What a step took, on the wire."""
    title = Note(en="One step", fa="یک گام")
    if not took["fits"]:
        check = GateCheck(
            code="rehearsal",
            ok=False,
            title=title,
            cause=Note(en="Memory ran out within one step.", fa="حافظه در همان یک گام تمام شد."),
            mend=gate.mend_of(change),
            change=change,
        )
        return Rehearsal(
            memory_bytes=took["memory_bytes"],
            memory_available=device.memory,
            seconds_per_step=0.0,
            seconds=0.0,
            steps=0,
            tokens=0,
            dataset_tokens=0,
            loss=None,
            check=check,
        )
    check = GateCheck(
        code="rehearsal",
        ok=True,
        title=title,
        cause=Note(
            en="One real step was taken, and everything put back.",
            fa="یک گام واقعی برداشته شد و همه‌چیز به جایش برگشت.",
        ),
    )
    return Rehearsal(
        memory_bytes=took["memory_bytes"],
        memory_available=device.memory,
        seconds_per_step=took["seconds_per_step"],
        seconds=took["seconds_per_step"] * took["steps"],
        steps=took["steps"],
        tokens=took["tokens"],
        dataset_tokens=took["dataset_tokens"],
        loss=took["loss"],
        check=check,
    )


def refused(check: GateCheck, estimate: Estimate) -> PersianAIError:
    """The error of a check, with the change that a form can apply."""
    more = {"change": check.change, "check": check.model_dump(mode="json")}
    if check.code == "memory":
        needed, available = estimate.memory_bytes, estimate.memory_available
        return TooLittleMemory(needed=needed, available=available, **more)
    if check.code == "disk":
        return DiskFull(needed=estimate.disk_bytes, free=estimate.disk_available, **more)
    mend = check.mend or Note(en="", fa="")
    return LaunchRefused(
        cause=check.cause.en, cause_fa=check.cause.fa, mend=mend.en, mend_fa=mend.fa, **more
    )
