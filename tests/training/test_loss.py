"""Packing changes nothing of what a model computes, and the fast loss is the right loss."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from jupyter_persian_ai.errors import ModelUnsupported
from jupyter_persian_ai.training import attention, loss, packing, precision
from jupyter_persian_ai.training.chunks import chunk_rows
from jupyter_persian_ai.training.corpus import Corpus
from jupyter_persian_ai.training.optimizer import make_optimizer

SIZE = {
    "vocab_size": 101,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
}
EXACT = precision.Precision(torch.device("cpu"), torch.float32, "test")

MODELS = {
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**SIZE)),
    "llama-tied": lambda: LlamaForCausalLM(LlamaConfig(**SIZE, tie_word_embeddings=True)),
    "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**SIZE)),
    "gemma2-capped": lambda: Gemma2ForCausalLM(
        Gemma2Config(**SIZE, attn_logit_softcapping=2.0, final_logit_softcapping=0.5)
    ),
    "gemma3-window": lambda: Gemma3ForCausalLM(
        Gemma3TextConfig(**SIZE, sliding_window=6, layer_types=["sliding_attention"] * 2)
    ),
    "gemma3-capped": lambda: Gemma3ForCausalLM(
        Gemma3TextConfig(**SIZE, final_logit_softcapping=0.5)
    ),
}


def make(name, implementation=attention.NAME):
    torch.manual_seed(3)
    model = MODELS[name]()
    # Larger than fresh weights, so that what differs is seen.
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(8)
    model.set_attn_implementation(implementation)
    return model


@pytest.fixture(scope="module")
def batch():
    rng = np.random.default_rng(5)
    lengths = [12, 1, 25, 7]
    offsets = np.cumsum([0, *(length + 1 for length in lengths)]).astype(np.int64)
    scored = np.zeros(offsets[-1], dtype=np.uint8)
    for start, stop, first in zip(offsets[:-1], offsets[1:], [4, 1, 1, 7], strict=True):
        scored[start + first : stop] = 1
    corpus = Corpus(
        tokens=rng.integers(1, 101, offsets[-1]).astype(np.uint32),
        starts=offsets[:-1],
        stops=offsets[1:],
        rows=np.arange(4),
        scored=scored,
    )
    return packing.pack(corpus, np.arange(4))


def gradients(model):
    found = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return found


def plain_losses(model, batch):
    """Sum of losses by the model's stock attention, one segment after another."""
    total = torch.zeros(())
    for single in loss._one_by_one(batch):
        keep = torch.arange(single.positions) if single.scored is None else single.scored
        logits = model(input_ids=single.input_ids, position_ids=single.position_ids).logits[0]
        total = total + torch.nn.functional.cross_entropy(
            logits[keep], single.targets, reduction="sum"
        )
    return total


@pytest.mark.parametrize("name", MODELS)
def test_packed_loss_and_gradients_are_those_of_each_segment_alone(name, batch):
    stock = make(name, "eager")
    expected = plain_losses(stock, batch)
    expected.backward()
    wanted = gradients(stock)

    model = make(name)
    chosen, way = loss.choose_loss(model, batch, EXACT)
    assert way == ("reference" if "capped" in name else "fused")
    got = chosen(model, batch, EXACT)
    got.backward()
    assert torch.allclose(got, expected, rtol=1e-5)
    found = gradients(model)
    assert found.keys() == wanted.keys()
    for key, gradient in wanted.items():
        assert torch.allclose(found[key], gradient, rtol=1e-3, atol=1e-4 * gradient.abs().max()), (
            key
        )


def test_the_chunked_kernel_agrees(batch, monkeypatch):
    model = make("llama-tied")
    plain = loss.fused_loss(model, batch, EXACT)
    plain.backward()
    wanted = gradients(model)
    monkeypatch.setattr(loss, "_WHOLE_BYTES", 0)
    monkeypatch.setattr(loss, "chunk_rows", lambda scored, classes, learns: 4)
    chunked = loss.fused_loss(model, batch, EXACT)
    chunked.backward()
    assert torch.allclose(plain, chunked, rtol=1e-5)
    for key, gradient in gradients(model).items():
        assert torch.allclose(gradient, wanted[key], rtol=1e-3, atol=1e-4), key


def test_a_large_vocabulary_is_compared_at_some_positions_only(batch, monkeypatch):
    seen = []
    reference = loss.reference_loss

    def count(model, batch, precision):
        seen.append(len(batch.targets))
        return reference(model, batch, precision)

    monkeypatch.setattr(loss, "reference_loss", count)
    monkeypatch.setattr(loss, "_WHOLE_BYTES", 101)
    _, way = loss.choose_loss(make("qwen3"), batch, EXACT)
    assert way == "fused"
    packed = seen[-1]
    assert packed == 16
    assert sum(seen[:-1]) == packed


@pytest.mark.parametrize("classes", [2, 16_384, 262_144])
@pytest.mark.parametrize("learns", [True, False])
def test_chunks_are_even_and_bounded(classes, learns):
    for scored in (1, 31, 500, 1881, 8192):
        rows = chunk_rows(scored, classes, learns=learns)
        chunks = -(-scored // rows)
        assert 1 <= rows <= scored
        assert rows * chunks - scored < chunks
        assert rows * classes * 4 <= 128 * 2**20


def test_generation_with_packed_attention_is_the_stock_one():
    for name in ("llama", "gemma3-window"):
        ids = torch.arange(1, 16).unsqueeze(0)
        settings = {
            "max_new_tokens": 20,
            "do_sample": False,
            "attention_mask": torch.ones_like(ids),
        }
        stock = make(name, "eager").generate(ids, **settings)
        assert torch.equal(make(name).generate(ids, **settings), stock)


def test_bf16_is_close(batch):
    half = precision.Precision(torch.device("cpu"), torch.bfloat16, "test")
    model = make("qwen3")
    exact = loss.fused_loss(model, batch, EXACT)
    rough = loss.fused_loss(model, batch, half)
    assert rough.dtype == torch.float32
    assert torch.isclose(exact, rough, rtol=0.05)


def test_a_model_that_mixes_segments_is_refused(batch, monkeypatch):
    model = make("llama")
    original = model.model.forward

    def deaf(*args, **kwargs):
        kwargs.pop("cu_seq_lens_q", None)
        return original(*args, **kwargs)

    monkeypatch.setattr(model.model, "forward", deaf)
    with pytest.raises(ModelUnsupported):
        loss.choose_loss(model, batch, EXACT)


def test_weight_decay_is_on_matrices_only():
    model = make("llama")
    decayed, kept = make_optimizer(model, learning_rate=1e-3, weight_decay=0.1).param_groups
    assert decayed["weight_decay"] == 0.1
    assert kept["weight_decay"] == 0
    assert {p.ndim for p in decayed["params"]} == {2}
    assert {p.ndim for p in kept["params"]} == {1}


@pytest.mark.parametrize("asked", ["auto", "bf16", "fp32"])
def test_precision_is_never_fp16_and_bf16_only_where_it_is_native(asked, monkeypatch):
    cpu = torch.device("cpu")
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": False})
    assert precision.choose_precision(asked, cpu).dtype == torch.float32
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    wanted = torch.float32 if asked == "fp32" else torch.bfloat16
    assert precision.choose_precision(asked, cpu).dtype == wanted


@pytest.mark.parametrize(("causal", "softcap"), [(True, None), (False, None), (False, 30.0)])
def test_a_window_is_kept_in_both_directions(causal, softcap):
    torch.manual_seed(2)
    q, k, v = (torch.randn(1, 2, 9, 4) for _ in range(3))
    got = attention._attend(
        q, k, v, dropout=0.0, scale=None, window=3, softcap=softcap, causal=causal
    )
    distance = torch.arange(9).unsqueeze(1) - torch.arange(9)
    seen = (distance >= 0) & (distance < 3) if causal else distance.abs() <= 3
    scores = q @ k.transpose(2, 3) / 2
    if softcap:
        scores = softcap * torch.tanh(scores / softcap)
    wanted = scores.masked_fill(~seen, float("-inf")).softmax(-1) @ v
    assert torch.allclose(got, wanted, atol=1e-5)
