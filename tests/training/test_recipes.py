"""Whole runs: what comes out, and that stopping or crashing changes nothing of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from jupyter_persian_ai.errors import DatasetEmpty, InvalidField, ModelUnsafe, TrainingDiverged
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.worker import WorkStopped
from jupyter_persian_ai.training import checkpoint, durable


def weights(attempt):
    return load_file(Path(attempt.result["model_path"]) / "model.safetensors")


def assert_same_weights(one, other):
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name


def stop_after(steps):
    return lambda attempt: len(attempt.series("loss")) >= steps


def test_pretrain_gives_a_folder_that_transformers_loads(pretrain_job):
    attempt = pretrain_job().run()
    folder = Path(attempt.result["model_path"])
    assert folder == attempt.dir / "model"
    assert durable.verify(folder) == ""
    model = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert model.num_parameters() == attempt.result["parameters"]
    text = "می‌روم به خانه‌ای"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    assert tokenizer.chat_template
    card = (folder / "README.md").read_text(encoding="utf-8")
    for told in ("شعرها", "ab" * 32, "pretrain", "eval_loss", "آزمون", "What not to expect"):
        assert told in card
    assert not list(folder.glob("*.bin"))
    assert not (attempt.dir / "tokens").exists()


def test_a_run_reports_all_that_a_screen_needs(pretrain_job):
    attempt = pretrain_job().run()
    assert attempt.of(EventType.STATE)[0]["state"] == "running"
    steps = [step for step, _ in attempt.series("loss")]
    total = attempt.of(EventType.PROGRESS)[-1]["total"]
    assert steps == list(range(1, total + 1))
    for name in ("learning_rate", "tokens_per_second", "grad_norm"):
        assert [step for step, _ in attempt.series(name)] == steps
    evaluated = [step for step, _ in attempt.series("eval_loss")]
    assert evaluated == [*range(4, total, 4), total]
    assert [step for step, _ in attempt.series("eval_perplexity")] == evaluated
    assert [sample["step"] for sample in attempt.of(EventType.SAMPLE)] == evaluated
    saved = attempt.of(EventType.CHECKPOINT)
    assert saved[-1]["step"] == total
    assert saved[-1]["bytes"] > 0
    phases = {progress["detail"] for progress in attempt.of(EventType.PROGRESS)}
    assert {"tokenizer", "packing", "training", "export"} <= phases
    last = attempt.of(EventType.PROGRESS)[-1]
    assert last["done"] == total
    assert last["epoch"] == last["epochs"] == 2
    assert attempt.series("loss")[-1][1] < attempt.series("loss")[0][1]
    assert any("Precision" in entry["message"] for entry in attempt.of(EventType.LOG))


@pytest.mark.parametrize("where", [1, 3, 5])
def test_stop_and_resume_is_bit_equal_to_never_having_stopped(pretrain_job, where):
    options = {"gradient_accumulation": 2, "epochs": 3}
    whole = pretrain_job("whole", **options).run()
    job = pretrain_job("stopped", **options)
    first = job.run(stop_when=stop_after(where), expect=WorkStopped)
    second = job.run()
    assert first.series("loss") + second.series("loss") == whole.series("loss")
    assert first.series("eval_loss") + second.series("eval_loss") == whole.series("eval_loss")
    assert first.of(EventType.SAMPLE) + second.of(EventType.SAMPLE) == whole.of(EventType.SAMPLE)
    assert_same_weights(weights(second), weights(whole))


@pytest.mark.parametrize("make", ["sft_job", "continue_job"])
def test_resume_with_dropout_is_bit_equal(request, make):
    make_job = request.getfixturevalue(make)
    options = {"method": "lora", "lora": {"rank": 4, "dropout": 0.3}, "gradient_accumulation": 2}
    whole = make_job("whole", **options).run()
    job = make_job("stopped", **options)
    first = job.run(stop_when=stop_after(2), expect=WorkStopped)
    second = job.run(stop_when=stop_after(1), expect=WorkStopped)
    third = job.run()
    losses = first.series("loss") + second.series("loss") + third.series("loss")
    assert losses == whole.series("loss")
    assert_same_weights(weights(third), weights(whole))


def test_dropout_is_really_on(sft_job):
    quiet = sft_job("quiet", method="lora", lora={"rank": 4, "dropout": 0.0}).run()
    noisy = sft_job("noisy", method="lora", lora={"rank": 4, "dropout": 0.3}).run()
    assert quiet.series("loss") != noisy.series("loss")


def test_a_crash_repeats_from_the_last_checkpoint(pretrain_job):
    whole = pretrain_job("whole").run()
    job = pretrain_job("crashed", keep_best=False)

    class Crash(BaseException):
        pass

    def crash(attempt):
        if len(attempt.series("loss")) == 5:
            raise Crash
        return False

    job.run(stop_when=crash, expect=Crash)
    second = job.run()
    assert second.series("loss") == whole.series("loss")[3:]
    assert_same_weights(weights(second), weights(whole))


def test_a_stop_while_preparing_leaves_nothing_behind(pretrain_job):
    job = pretrain_job()
    attempt = job.run(stop_when=lambda _: True, expect=WorkStopped)
    assert not attempt.series("loss")
    assert checkpoint.newest_valid(job.dir).path is None
    assert job.run().result


def test_a_stop_in_an_evaluation_is_heeded_and_the_evaluation_made_later(pretrain_job):
    whole = pretrain_job("whole").run()
    job = pretrain_job("stopped")

    def evaluating(attempt):
        return len(attempt.series("loss")) == 4 and attempt.events[-1][1]["detail"] == "evaluation"

    first = job.run(
        stop_when=lambda a: a.events[-1][0] is EventType.PROGRESS and evaluating(a),
        expect=WorkStopped,
    )
    assert not first.series("eval_loss")
    assert first.of(EventType.CHECKPOINT)[-1]["step"] == 4
    second = job.run()
    assert second.series("eval_loss") == whole.series("eval_loss")
    assert second.of(EventType.SAMPLE) == whole.of(EventType.SAMPLE)
    assert_same_weights(weights(second), weights(whole))


def test_a_stop_saves_the_finished_steps(pretrain_job):
    job = pretrain_job(checkpoint_every=1000)
    attempt = job.run(stop_when=stop_after(2), expect=WorkStopped)
    assert [saved["step"] for saved in attempt.of(EventType.CHECKPOINT)] == [2]


def test_a_damaged_checkpoint_is_refused_and_the_one_before_it_used(pretrain_job):
    whole = pretrain_job("whole").run()
    job = pretrain_job("damaged", checkpoint_every=2)
    first = job.run(stop_when=stop_after(5), expect=WorkStopped)
    newest = checkpoint.newest_valid(job.dir).path
    assert checkpoint.step_of(newest) == 5
    with (newest / "optimizer.safetensors").open("r+b") as file:
        file.truncate(100)
    second = job.run()
    assert any("refused" in entry["message"] for entry in second.of(EventType.LOG))
    assert second.series("loss") == whole.series("loss")[4:]
    assert_same_weights(weights(second), weights(whole))
    assert not newest.exists()
    assert first.series("loss") == whole.series("loss")[:5]


def test_old_checkpoints_go_and_the_best_stays(pretrain_job):
    job = pretrain_job(checkpoint_every=1, eval_every=1, keep_checkpoints=2, epochs=3)
    attempt = job.run()
    left = sorted(checkpoint.step_of(path) for path in (attempt.dir / "checkpoints").iterdir())
    last = attempt.series("loss")[-1][0]
    best = min(attempt.series("eval_loss"), key=lambda point: point[1])[0]
    assert set(left) == {last, last - 1, best}


def test_divergence_is_said_and_the_last_checkpoint_kept(pretrain_job, monkeypatch):
    from jupyter_persian_ai.training import fit, schedule

    def exploding(step, *rest):
        return 1e30 if step == 3 else schedule.learning_rate(step, *rest)

    monkeypatch.setattr(fit, "learning_rate", exploding)
    job = pretrain_job(checkpoint_every=2, eval_every=100)
    attempt = job.run(expect=TrainingDiverged)
    steps = [step for step, _ in attempt.series("loss")]
    assert 3 <= len(steps) <= 5
    newest = checkpoint.newest_valid(job.dir).path
    assert checkpoint.step_of(newest) in {2, 4}


def test_a_model_of_no_numbers_diverges_at_the_first_step(tmp_path, continue_job, base_model):
    folder = shutil.copytree(base_model, tmp_path / "nan")
    poisoned = load_file(folder / "model.safetensors")
    poisoned["model.norm.weight"].fill_(float("nan"))
    save_file(poisoned, folder / "model.safetensors", metadata={"format": "pt"})
    job = continue_job()
    job.inputs["model_path"] = str(folder)
    attempt = job.run(expect=TrainingDiverged)
    assert not attempt.series("loss")
    assert not attempt.of(EventType.CHECKPOINT)


def test_sft_learns_answers_only_and_ends_its_turn(sft_job):
    attempt = sft_job(epochs=12, learning_rate=1e-2).run()
    folder = Path(attempt.result["model_path"])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    ends = model.generation_config.eos_token_id
    assert tokenizer.convert_tokens_to_ids("<|end_of_turn|>") in ends
    asked = [{"role": "user", "content": "دل"}]
    rendered = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
    assert rendered.endswith("<|assistant|>")
    ids = tokenizer(rendered, return_tensors="pt", add_special_tokens=False)
    answer = model.generate(**ids, max_new_tokens=60, do_sample=False)[0]
    assert int(answer[-1]) in ends
    assert attempt.series("eval_loss")[-1][1] < attempt.series("eval_loss")[0][1]


def test_lora_is_merged_into_a_plain_folder(sft_job, base_model):
    attempt = sft_job(method="lora", lora={"rank": 4}).run()
    folder = Path(attempt.result["model_path"])
    base = load_file(base_model / "model.safetensors")
    merged = weights(attempt)
    assert merged.keys() == base.keys()
    assert not (folder / "adapter_config.json").exists()
    assert not torch.equal(
        merged["model.layers.0.self_attn.q_proj.weight"],
        base["model.layers.0.self_attn.q_proj.weight"],
    )
    assert torch.equal(merged["model.embed_tokens.weight"], base["model.embed_tokens.weight"])
    assert attempt.result["parameters"] == sum(tensor.numel() for tensor in base.values())


def test_sft_without_a_model_says_so(sft_job):
    job = sft_job()
    job.inputs["model_path"] = None
    job.run(expect=InvalidField)


def test_rows_without_text_are_an_error(tmp_path, pretrain_job):
    empty = tmp_path / "empty.jsonl"
    empty.write_text('{"text": ""}\n' * 3, encoding="utf-8")
    job = pretrain_job()
    job.inputs["dataset_path"] = str(empty)
    job.run(expect=DatasetEmpty)


def test_a_model_that_names_code_is_refused(tmp_path, sft_job, base_model):
    folder = shutil.copytree(base_model, tmp_path / "evil")
    config = (folder / "config.json").read_text(encoding="utf-8")
    evil = config.replace("{", '{"auto_map": {"AutoModelForCausalLM": "x.Y"},', 1)
    (folder / "config.json").write_text(evil, encoding="utf-8")
    job = sft_job()
    job.inputs["model_path"] = str(folder)
    job.run(expect=ModelUnsafe)


def test_max_steps_and_fractional_epochs(pretrain_job):
    assert len(pretrain_job("steps", max_steps=3).run().series("loss")) == 3
    whole = len(pretrain_job("one", epochs=1).run().series("loss"))
    half = len(pretrain_job("half", epochs=0.5).run().series("loss"))
    assert half == round(whole / 2)


def test_conversations_are_learned_and_what_the_template_refuses_is_left_out(conversation_job):
    attempt = conversation_job().run()
    losses = [loss for _, loss in attempt.series("loss")]
    assert losses[-1] < losses[0]
    told = " ".join(data["message"] for data in attempt.of(EventType.LOG))
    assert "A row is left out" in told
    assert "1 rows were left out" in told
