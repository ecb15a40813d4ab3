"""What a worker of this machine has before it loads a model. Runs in a process of its own.

`measure` is called through `jobs.confined`, once for each installation; importing this module
imports nothing heavy.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

_TRIES = 6
_PAUSE_SECONDS = 0.3


def measure(payload: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - the child's signature
    """Memory of a worker after its imports, and what its device can do.

    Returns:
        `process_bytes`, `adapter_bytes` (what adapters' library adds), `kind` (`cpu` or `cuda`),
        `bf16`, `flops` and `bf16_flops` of matrix products with all cores, `cores`, `gpus`.

    """
    os.environ.pop("OMP_NUM_THREADS", None)
    import torch  # noqa: PLC0415 - not in the server

    from . import footprint  # noqa: PLC0415
    from .precision import Precision, bf16_reason, choose_precision  # noqa: PLC0415
    from .recipes import pretrain, sft  # noqa: F401, PLC0415 - what every worker imports
    from .threads import available_cores  # noqa: PLC0415
    from .work import matrix_peak  # noqa: PLC0415

    process = footprint.resident_bytes()
    import peft  # noqa: F401, PLC0415

    adapter = footprint.resident_bytes() - process
    cores = available_cores()
    torch.set_num_threads(cores)
    device = choose_precision("fp32").device
    bf16 = bool(bf16_reason(device))
    plain = Precision(device, torch.float32, "probe")
    half = Precision(device, torch.bfloat16, "probe")
    return {
        "process_bytes": process,
        "adapter_bytes": max(0, adapter),
        "kind": device.type,
        "bf16": bf16,
        "flops": _best(lambda: matrix_peak(plain)),
        "bf16_flops": _best(lambda: matrix_peak(half)) if bf16 else 0.0,
        "cores": cores,
        "gpus": torch.cuda.device_count(),
    }


def _best(measured: Callable[[], float]) -> float:
    """The best of several tries with pauses: others use the machine, too."""
    found = 0.0
    for _ in range(_TRIES):
        found = max(found, measured())
        time.sleep(_PAUSE_SECONDS)
    return found
