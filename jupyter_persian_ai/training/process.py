"""What a training process sets for itself: allocator, silence, threads."""

from __future__ import annotations

import ctypes
import os
import sys
import warnings

import torch
import transformers

from .threads import available_cores, threads_for
from .world import here


def prepare_process() -> None:
    """Once, before anything is loaded. Errors still speak; chatter about them does not."""
    _keep_freed_memory()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    # PEFT 0.21 still asks transformers 5.2x by a name that has a newer one; not ours to mend.
    warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)


def choose_threads(positions: int, hidden_size: int) -> int:
    """Set torch's threads for this run, unless whoever started the process did; how many."""
    if "OMP_NUM_THREADS" not in os.environ:
        cores = max(1, available_cores() // here().size)
        torch.set_num_threads(threads_for(positions, hidden_size, cores))
    return torch.get_num_threads()


def _keep_freed_memory() -> None:
    """Tell glibc to keep freed blocks: returning them costs 1.2 to 1.7 times the training time.

    Every large tensor would else be mapped, page-faulted in and unmapped again at each step.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # musl has no mallopt
        return
    mmap_threshold, trim_threshold = -3, -1
    mallopt(mmap_threshold, 1 << 30)
    mallopt(trim_threshold, (1 << 31) - 1)
