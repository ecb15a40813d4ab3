"""Which files of a repository are fetched, and which never."""

import pytest

from jupyter_persian_ai import errors
from jupyter_persian_ai.hub.selection import select

LLAMA = [
    "LICENSE", "README.md", "USE_POLICY.md", "config.json", "generation_config.json",
    "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
    "model.safetensors.index.json", "tokenizer.json", "tokenizer_config.json",
]  # fmt: skip


def test_a_model_without_what_a_loader_does_not_need():
    others = [
        ".gitattributes", "consolidated.safetensors", "model.gguf", "onnx/model.onnx",
        "original/consolidated.00.pth", "original/params.json", "pytorch_model.bin",
        "modeling_evil.py", "image.png", "custom_generate/generate.py",
    ]  # fmt: skip
    assert select("a/b", "model", LLAMA + others, None) == sorted(LLAMA)


def test_weights_under_the_only_name_they_have():
    names = ["config.json", "consolidated.safetensors"]
    assert select("a/b", "model", names, None) == names


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "model.ckpt", "tf_model.h5", "w.PT", "w.npz"]
)
def test_a_model_in_a_format_that_can_hold_code(name):
    with pytest.raises(errors.ModelUnsafe, match=name):
        select("a/b", "model", ["config.json", name], None)


@pytest.mark.parametrize("names", [[], ["README.md"], ["model.gguf"], ["x/model.safetensors"]])
def test_no_weights(names):
    with pytest.raises(errors.HubProblem, match="safetensors"):
        select("a/b", "model", names, None)


def test_a_dataset():
    names = ["README.md", "a/train.csv", "load.py", "x.parquet", "images/1.png", "t.jsonl"]
    assert select("a/b", "dataset", names, None) == [
        "README.md",
        "a/train.csv",
        "t.jsonl",
        "x.parquet",
    ]
    with pytest.raises(errors.HubProblem, match="can read"):
        select("a/b", "dataset", ["README.md", "LICENSE", "x.arrow"], None)


def test_rows_in_several_forms_are_fetched_once():
    names = ["train.csv", "train.parquet", "a/test.jsonl.gz", "a/test.parquet", "test.csv"]
    assert select("a/b", "dataset", names, None) == ["a/test.parquet", "test.csv", "train.parquet"]
    assert select("a/b", "dataset", names, ["train.csv"]) == ["train.csv"]


def test_names_that_are_asked_for():
    assert select("a/b", "dataset", ["x.parquet", "y.csv"], ["x.parquet"]) == ["x.parquet"]
    with pytest.raises(errors.HubProblem, match="absent"):
        select("a/b", "model", LLAMA, ["absent.json"])
    for name in ("evil.py", "evil.pkl", "sub/evil.PTH"):
        with pytest.raises(errors.ModelUnsafe, match="evil"):
            select("a/b", "model", [*LLAMA, name], [name])
