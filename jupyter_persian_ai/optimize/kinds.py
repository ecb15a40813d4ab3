"""Which models GGUF has words for, by what their configuration says. Free of torch.

Only kinds that were compared with transformers, token by token, are here: a file that llama.cpp
loads and that then writes something else would be worse than a refusal.
"""

from __future__ import annotations

#: `model_type` of transformers to the name of the architecture in GGUF, and its causal class.
_KINDS = {
    "llama": ("llama", "LlamaForCausalLM"),
    "gemma3_text": ("gemma3", "Gemma3ForCausalLM"),
    "qwen2": ("qwen2", "Qwen2ForCausalLM"),
    "qwen3": ("qwen3", "Qwen3ForCausalLM"),
}
KNOWN = tuple(_KINDS)


def of(model_type: str, architecture: str) -> str | None:
    """The name of this kind of model in GGUF; None when it cannot be written as one."""
    name, causal = _KINDS.get(model_type, ("", ""))
    return name if name and architecture in {"", causal} else None
