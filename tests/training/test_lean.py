"""Leaner layers compute what they did, and keep less."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from transformers import Gemma3ForCausalLM, Gemma3TextConfig, LlamaConfig, LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaRMSNorm

from jupyter_persian_ai.training.lean import slim

SIZE = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
}
MODELS = {
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**SIZE)),
    "gemma3": lambda: Gemma3ForCausalLM(Gemma3TextConfig(**SIZE)),
}


def run(name, *, lean):
    torch.manual_seed(2)
    model = MODELS[name]()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    changed = slim(model) if lean else 0
    ids = torch.randint(0, 97, (2, 20))
    kept = 0

    def count(tensor):
        nonlocal kept
        kept += tensor.numel()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    return model, loss, changed, kept


@pytest.mark.parametrize("name", MODELS)
def test_loss_and_gradients_stay(name):
    plain, loss, _, kept = run(name, lean=False)
    leaner, same, changed, kept_now = run(name, lean=True)
    # Norms and feed-forward of two layers, and the last norm.
    assert changed == {"llama": 7, "gemma3": 15}[name]
    assert torch.allclose(loss, same, rtol=1e-6)
    for one, other in zip(plain.parameters(), leaner.parameters(), strict=True):
        scale = one.grad.abs().max()
        assert torch.allclose(one.grad, other.grad, rtol=1e-4, atol=1e-5 * scale)
    assert kept_now < 0.85 * kept


def test_names_and_weights_stay():
    plain, _, _, _ = run("llama", lean=False)
    leaner, _, _, _ = run("llama", lean=True)
    assert plain.state_dict().keys() == leaner.state_dict().keys()


@pytest.mark.parametrize("weights", [torch.float32, torch.bfloat16])
def test_a_norm_keeps_its_format(weights):
    norm = LlamaRMSNorm(16).to(weights)
    x = torch.randn(2, 5, 16).to(torch.bfloat16)
    wanted = norm(x)
    assert slim(norm) == 1
    got = norm(x)
    assert got.dtype == wanted.dtype
    assert torch.allclose(got.float(), wanted.float(), rtol=2e-2, atol=2e-2)


class OddRMSNorm(nn.Module):
    """Named as one, but squashes what it normed."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(8))
        self.eps = 1e-6

    def forward(self, x):
        return torch.tanh(nn.functional.rms_norm(x, (8,), self.weight, self.eps))


def test_a_class_that_computes_something_else_is_left_alone():
    module = nn.Sequential(OddRMSNorm())
    assert slim(module) == 0
    assert "forward" not in module[0].__dict__
