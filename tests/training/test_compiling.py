"""Compiled layers: the same learning within rounding, the same files, and no run that fails."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.worker import WorkStopped

OPTIONS = {"max_steps": 7, "eval_every": 100, "checkpoint_every": 100}


def weights(attempt):
    return load_file(Path(attempt.result["model_path"]) / "model.safetensors")


def losses(*attempts):
    return [loss for attempt in attempts for _, loss in attempt.series("loss")]


@pytest.fixture(autouse=True)
def _as_before():
    import torch._dynamo
    from transformers import AttentionInterface

    from jupyter_persian_ai.training import attention

    yield
    torch._dynamo.config.suppress_errors = False
    torch._dynamo.reset()
    AttentionInterface.register(attention.NAME, attention.segment_attention)


# torch's compiler warns of itself.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_compiled_layers_learn_what_others_do_and_share_checkpoints_with_them(pretrain_job):
    options = OPTIONS | {"gradient_checkpointing": True}
    eager = pretrain_job("eager", **OPTIONS).run()
    job = pretrain_job("compiled", **options, compile=True)
    first = job.run(stop_when=lambda a: len(a.series("loss")) >= 4, expect=WorkStopped)
    assert not first.of(EventType.NOTICE)
    graphs = torch._dynamo.utils.counters["stats"]["unique_graphs"]
    assert 0 < graphs <= 12  # a storm would be one for every shape and layer
    job.options = {**job.options, "compile": False}
    second = job.run()
    assert losses(first, second) == pytest.approx(losses(eager), rel=1e-4)
    found = weights(second)
    for name, tensor in weights(eager).items():
        torch.testing.assert_close(found[name], tensor, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("how", ["no compiler", "broken"])
def test_what_cannot_be_compiled_is_said_and_trained_as_usual(pretrain_job, monkeypatch, how):
    from jupyter_persian_ai.training import compiling

    eager = pretrain_job("eager", **OPTIONS).run()
    if how == "no compiler":
        monkeypatch.setattr(compiling.shutil, "which", lambda _: None)
    else:

        def broken(*_, **__):
            raise RuntimeError("the compiler is broken")

        monkeypatch.setattr(torch, "compile", lambda *_, **__: broken)
    attempt = pretrain_job("refused", **OPTIONS, compile=True).run()
    [notice] = attempt.of(EventType.NOTICE)
    assert notice["code"] == "no_compile"
    assert "کامپایل" in notice["message"]["fa"]
    assert attempt.series("loss") == eager.series("loss")
    for name, tensor in weights(eager).items():
        assert torch.equal(weights(attempt)[name], tensor)
