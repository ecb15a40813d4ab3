"""What the locked-in child does: tensors out of one open file, safetensors into another.

Everything it needs is imported here, before the lock; afterwards nothing can be. See
`jobs.lockdown`. Knows no path.
"""

from __future__ import annotations

from typing import Any

from ..errors import PickleRefused
from .safetensors_out import write_safetensors
from .tensor_pickle import Refused, Tensor
from .torch_files import read_weights

#: Outputs that share the weights of the embedding, when the configuration ties them; a loader
#: makes them again.
_TIED = ("lm_head.weight", "cls.predictions.decoder.weight", "cls.predictions.decoder.bias")


def convert(payload: dict[str, Any], *, tick: Any = None) -> dict[str, Any]:
    """Convert each of `payload["files"]` (numbers `source` and `target`, and its `name`).

    `tied` says whether the output shares the embedding's weights, `dtype` the format of the
    result, `bytes` how many there are in all.

    Returns:
        `{"files": [{"tensors": [names]}]}`, in the same order.

    Raises:
        PickleRefused: one is more than tensors; nothing of it was carried out.

    """
    done = 0
    total = int(payload["bytes"])
    answers = []
    seen: set[str] = set()
    for file in payload["files"]:

        def told(count: int, name: str = file["name"]) -> None:
            nonlocal done
            done += count
            if tick is not None:
                tick(min(done, total), total, name)

        try:
            weights = read_weights(file["source"])
            if again := seen & weights.tensors.keys():
                raise Refused(  # noqa: TRY301 - answered as everything else
                    f"{min(again)[:80]} stands twice", f"{min(again)[:80]} دو بار آمده است"
                )
            leave = _again(weights.tensors) if payload["tied"] else frozenset()
            names = write_safetensors(
                file["source"],
                file["target"],
                weights,
                dtype=payload.get("dtype"),
                leave=leave,
                tick=told,
            )
        except Refused as refused:
            raise PickleRefused(
                path=file["name"], file=file["name"], reason=refused.en, reason_fa=refused.fa
            ) from None
        seen |= weights.tensors.keys()
        answers.append({"tensors": names})
    return {"files": answers}


def _again(tensors: dict[str, Tensor]) -> frozenset[str]:
    """Tied outputs whose very elements stand under another name too."""
    others = {view for name, view in tensors.items() if name not in _TIED}
    return frozenset(name for name in _TIED if tensors.get(name) in others)
