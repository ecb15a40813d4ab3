"""Models of other formats made into safetensors: pickles that PyTorch saved, GGUF files.

The jobs are in `pickles` and `gguf`; what they read is only opened by confined children, pickles
by ones that are locked in. No code of a file is ever carried out: `tensor_pickle` is a machine
that has no way to call anything. Must not be imported by the server.
"""

from __future__ import annotations
