"""A real, tiny model folder, made once; tests bend copies of it."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 64,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "tie_word_embeddings": True,
}
SHAPES = {
    "model.embed_tokens.weight": (64, 16),
    "model.norm.weight": (16,),
    "model.layers.0.input_layernorm.weight": (16,),
    "model.layers.0.post_attention_layernorm.weight": (16,),
    **{f"model.layers.0.self_attn.{name}_proj.weight": (16, 16) for name in "qkvo"},
    "model.layers.0.mlp.gate_proj.weight": (32, 16),
    "model.layers.0.mlp.up_proj.weight": (32, 16),
    "model.layers.0.mlp.down_proj.weight": (16, 32),
}
PARAMETERS = sum(int(np.prod(shape)) for shape in SHAPES.values())


def tensors():
    generator = np.random.default_rng(0)
    return {
        name: generator.standard_normal(shape).astype("float32") / 50
        for name, shape in SHAPES.items()
    }


@pytest.fixture(scope="session")
def pristine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pristine") / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')
    Tokenizer(models.BPE()).save(str(folder / "tokenizer.json"))
    (folder / "README.md").write_text("---\nlanguage: fa\nlicense: apache-2.0\n---\n# مدل\n")
    save_file(tensors(), folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture
def model(pristine, tmp_path):
    """A copy that a test may bend."""
    return shutil.copytree(pristine, tmp_path / "model")


@pytest.fixture
def parameters():
    return PARAMETERS


@pytest.fixture
def weights_of_model():
    return tensors()
