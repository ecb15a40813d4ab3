"""Small models in the formats that are converted, and the context of a job that converts them."""

import json

import pytest

from jupyter_persian_ai.protocol.jobs import JobKind, JobSpec
from jupyter_persian_ai.protocol.worker import WorkerContext


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A Llama of transformers' own making, with a tokenizer that was really learned."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("small") / "model"
    words = Tokenizer(models.BPE())
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<unk>", "<s>", "</s>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    words.train_from_iterator(["بشنو از نی چون حکایت می‌کند", "از جدایی‌ها شکایت می‌کند"], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=128,
            tie_word_embeddings=True,
            bos_token_id=1,
            eos_token_id=2,
        )
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    return folder


@pytest.fixture
def context(tmp_path):
    """`context(recipe, path, **options)`: what a worker gets, and what it says in `.said`."""

    def made(recipe, path, attempt=1, stop=lambda: False, **options):
        said = []
        job = tmp_path / "jobs" / "job"
        folder = job / str(attempt)
        folder.mkdir(parents=True)
        spec = JobSpec(
            job_id="job",
            attempt=attempt,
            kind=JobKind.MODEL,
            recipe=recipe,
            name="model",
            options={"path": str(path), **options},
            inputs={
                "path": str(path),
                "models_dir": str(tmp_path / "models"),
                "disk_reserve_bytes": 0,
                "memory_bytes": 2**31,
                "silent_seconds": 300,
            },
            job_dir=str(job),
        )
        json.dumps(spec.model_dump(mode="json"))
        ctx = WorkerContext(
            spec=spec,
            attempt_dir=folder,
            emit=lambda *event: said.append(event),
            should_stop=stop,
        )
        return ctx, said

    return made
