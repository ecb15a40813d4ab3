"""GGUF files made on the spot become models that answer as the one they were made from."""

import json

import gguf
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from jupyter_persian_ai import errors
from jupyter_persian_ai.conversion import gguf as job
from jupyter_persian_ai.conversion import gguf_child
from jupyter_persian_ai.hub.gguf_header import read_gguf
from jupyter_persian_ai.protocol.events import EventType

HEADS, KEY_VALUE_HEADS = 4, 2
_NAMES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}  # fmt: skip


def named(name):
    """What llama.cpp calls a tensor of transformers' Llama."""
    if not name.startswith("model.layers."):
        return {"model.embed_tokens.weight": "token_embd.weight"}.get(name, "output_norm.weight")
    layer, part = name.removeprefix("model.layers.").removesuffix(".weight").split(".", 1)
    return f"blk.{layer}.{_NAMES[part]}.weight"


def turned(weights, heads):
    """llama.cpp pairs the two halves of a head's dimensions otherwise."""
    return weights.reshape(heads, 2, weights.shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(
        weights.shape
    )  # fmt: skip


def written(folder, path, *, kind=gguf.GGMLQuantizationType.F32, spoil=lambda tensors: tensors):
    config = json.loads((folder / "config.json").read_text())
    words = json.loads((folder / "tokenizer.json").read_text())
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("کوچک")
    writer.add_license("apache-2.0")
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_VALUE_HEADS)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(config["hidden_size"] // HEADS)
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    tokens = sorted(words["model"]["vocab"], key=words["model"]["vocab"].get)
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token in {"<unk>", "<s>", "</s>"} else 1 for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in words["model"]["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    tensors = {}
    for name, tensor in load_file(folder / "model.safetensors").items():
        array = tensor.numpy()
        if "q_proj" in name:
            array = turned(array, HEADS)
        elif "k_proj" in name:
            array = turned(array, KEY_VALUE_HEADS)
        tensors[named(name)] = array
    for name, array in spoil(tensors).items():
        if array.ndim == 1:
            writer.add_tensor(name, array)
        else:
            writer.add_tensor(name, gguf.quantize(array, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def logits(folder, ids):
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        return model(torch.tensor([ids])).logits


def test_it_answers_as_the_model_it_was_made_from(small, tmp_path, context):
    from transformers import AutoTokenizer

    file = written(small, tmp_path / "small.gguf")
    ctx, said = context("gguf", file, dtype="float32")
    result = job.run(ctx)
    place = tmp_path / "models" / "job"
    assert result["path"] == str(place)
    facts = result["model"]
    assert (facts["model_type"], facts["dtype"]) == ("llama", "f32")
    assert facts["license"] == "apache-2.0"
    assert "quantization_config" not in facts["config"]
    phases = [data["detail"] for kind, data in said if kind is EventType.PROGRESS]
    assert phases

    text = "بشنو از نی </s> abc 12"
    before, after = (AutoTokenizer.from_pretrained(folder) for folder in (small, place))
    ids = before(text, add_special_tokens=False)["input_ids"]
    assert after(text, add_special_tokens=False)["input_ids"] == ids
    assert after.decode(ids) == before.decode(ids)
    assert torch.equal(logits(place, ids), logits(small, ids))


def without_norm(tensors):
    return {name: array for name, array in tensors.items() if "ffn_norm" not in name}


def not_a_number(tensors):
    tensors["output_norm.weight"] = np.full_like(tensors["output_norm.weight"], np.nan)
    return tensors


def one_more(tensors):
    return tensors | {"blk.0.evil.weight": np.ones((64, 64), np.float32)}


@pytest.mark.parametrize("spoil", [without_norm, not_a_number, one_more])
def test_weights_that_do_not_fit(small, tmp_path, monkeypatch, spoil):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    file = written(small, tmp_path / "small.gguf", spoil=spoil)
    facts = read_gguf({"path": str(file)})
    asked = {"path": str(file), "out": str(tmp_path), "dtype": "float32", "facts": facts}
    with pytest.raises(errors.GgufDamaged) as caught:
        gguf_child.convert(asked)
    assert "small.gguf" in caught.value.body.message


def test_a_file_of_another_kind(tmp_path, context):
    writer = gguf.GGUFWriter(tmp_path / "clip.gguf", "clip")
    writer.add_tensor("a", np.ones(32, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    ctx, _ = context("gguf", tmp_path / "clip.gguf")
    with pytest.raises(errors.ModelUnsupported, match="clip"):
        job.run(ctx)
