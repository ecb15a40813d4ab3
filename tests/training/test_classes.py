"""Labels of texts and of words, on decoders and encoders, packed and alone."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
import torch
import transformers

from jupyter_persian_ai.errors import DatasetOneLabel, ModelUnsupported
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.training import classes, encoding, models, packing, precision, scores
from jupyter_persian_ai.training import corpus as corpora
from jupyter_persian_ai.training import tokenizer as tokenizers

EXACT = precision.Precision(torch.device("cpu"), torch.float32, "test")
ENCODERS = ("bert", "roberta", "xlm-roberta", "electra", "distilbert")


def corpus_of(tmp_path, encoded, **options):
    folder, _ = corpora.tokenized(
        tmp_path / "cache", "key", iter([{}]), lambda _: encoded, name="x", tick=lambda _: None
    )
    return corpora.load_corpus(folder, name="x", longest=60, shift=0, **options)


def rows_of(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("family", ENCODERS)
@pytest.mark.parametrize("kind", ["sequence", "token"])
def test_an_encoder_says_packed_what_it_says_alone(
    family, kind, encoder_folder, pair_label_rows, tag_rows, tmp_path
):
    folder = encoder_folder(family)
    labels = ("آب", "گرم") if kind == "sequence" else ("B-LOC", "B-PER", "I-PER", "O")
    model = models.load_model(
        folder, torch.float32, kind=kind, num_labels=len(labels), ignore_mismatched_sizes=True
    )
    assert classes.is_encoder(model)
    tokenizer = tokenizers.load_tokenizer(folder)
    number = {label: at for at, label in enumerate(labels)}
    if kind == "sequence":
        rows = rows_of(pair_label_rows)[:7]
        encoded = encoding.labelled(tokenizer, rows, number, longest=60)
        corpus = corpus_of(tmp_path, encoded, pool="first")
        assert corpus.kinds.max() == 1
    else:
        encoded = encoding.tagged(tokenizer, rows_of(tag_rows)[:7], number, longest=60)
        corpus = corpus_of(tmp_path, encoded)
    batch = packing.pack(corpus, np.arange(7))
    head = classes.choose_head(model, batch, EXACT)
    model.eval()
    stock = transformers.AutoModelForSequenceClassification
    if kind == "token":
        stock = transformers.AutoModelForTokenClassification
    plain = stock.from_config(copy.deepcopy(model.config), attn_implementation="eager").eval()
    plain.load_state_dict(model.state_dict())
    wanted = torch.cat(classes._one_by_one(plain, batch))
    got = head(model, classes.hidden_states(model, batch, EXACT))
    assert torch.allclose(got, wanted, atol=1e-5)
    # The segments do differ, so mixing them up would show.
    assert (wanted - wanted[0]).abs().max() > 1e-3


def test_a_decoder_is_asked_at_the_end(base_model, label_rows, tmp_path):
    model = models.load_model(base_model, torch.float32, kind="sequence", num_labels=2)
    tokenizer = tokenizers.load_tokenizer(base_model)
    tokenizers.give_pad_token(tokenizer, model)
    encoding.wrap_texts(tokenizer)
    assert not classes.is_encoder(model)
    encoded = encoding.labelled(tokenizer, rows_of(label_rows)[:5], {"آب": 0, "گرم": 1}, longest=60)
    corpus = corpus_of(tmp_path, encoded)
    batch = packing.pack(corpus, np.arange(5))
    ends = batch.input_ids[0, batch.scored].tolist()
    assert ends == [tokenizer.eos_token_id] * 5
    classes.choose_head(model, batch, EXACT)


def test_a_head_of_another_make_is_refused(base_model, label_rows, tmp_path):
    model = models.load_model(base_model, torch.float32, kind="sequence", num_labels=2)
    tokenizer = tokenizers.load_tokenizer(base_model)
    tokenizers.give_pad_token(tokenizer, model)
    encoding.wrap_texts(tokenizer)
    encoded = encoding.labelled(tokenizer, rows_of(label_rows)[:2], {"آب": 0, "گرم": 1}, longest=60)
    batch = packing.pack(corpus_of(tmp_path, encoded), np.arange(2))
    model.score.register_forward_hook(lambda *a: a[2] + torch.randn_like(a[2]))
    with pytest.raises(ModelUnsupported):
        classes.choose_head(model, batch, EXACT)


def test_every_word_has_one_tagged_token(base_model, tag_rows):
    tokenizer = tokenizers.load_tokenizer(base_model)
    number = {"B-LOC": 0, "B-PER": 1, "I-PER": 2, "O": 3}
    encoding.wrap_texts(tokenizer)
    rows = rows_of(tag_rows)
    encoded = encoding.tagged(tokenizer, rows, number, longest=500)
    begin = 0
    for row, length in zip(rows, encoded.lengths.tolist(), strict=True):
        tags = encoded.tags[begin : begin + length]
        assert tags[tags >= 0].tolist() == [number[tag] for tag in row["tags"]]
        assert tokenizer.decode(encoded.ids[begin + 1 : begin + length - 1].tolist()) == " ".join(
            row["tokens"]
        )
        begin += length


def test_a_text_that_is_too_long_keeps_its_ends(base_model):
    tokenizer = tokenizers.load_tokenizer(base_model)
    encoding.wrap_texts(tokenizer)
    rows = [{"text": "دل " * 300, "text_pair": "جان " * 300, "label": "الف"}]
    encoded = encoding.labelled(tokenizer, rows, {"الف": 0}, longest=40)
    assert encoded.lengths.tolist() == [40]
    assert encoded.ids.tolist().count(tokenizer.eos_token_id) == 2
    assert encoded.ids[-1] == tokenizer.eos_token_id
    text = tokenizer.decode(encoded.ids.tolist())
    assert "دل" in text
    assert "جان" in text


# --- recipes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["full", "lora"])
def test_classify_learns_and_its_folder_says_so(label_job, label_rows, method):
    job = label_job(
        "classify", label_rows, method=method, epochs=15, learning_rate=3e-3, eval_every=10,
        eval_fraction=0.2,
    )  # fmt: skip
    attempt = job.run()
    figures = attempt.result["figures"]
    assert figures["eval_accuracy"] > 0.9
    assert figures["eval_macro_f1"] > 0.9
    table = attempt.of(EventType.EVALUATION)[-1]
    assert table["labels"] == ["آب", "گرم"]
    assert np.sum(table["confusion"]) == 12
    said = transformers.pipeline("text-classification", attempt.result["model_path"])
    rows = rows_of(label_rows)[:12]
    answers = said([row["text"] for row in rows], batch_size=4)
    right = sum(a["label"] == row["label"] for a, row in zip(answers, rows, strict=True))
    assert right >= 11


def test_classify_pairs_on_an_encoder(label_job, pair_label_rows, encoder_folder):
    job = label_job(
        "classify", pair_label_rows, model=encoder_folder("bert"), epochs=8, sequence_length=64,
        learning_rate=1e-3,
    )  # fmt: skip
    attempt = job.run()
    losses = [loss for _, loss in attempt.series("loss")]
    assert np.mean(losses[-10:]) < np.mean(losses[:10])
    assert transformers.AutoModelForSequenceClassification.from_pretrained(
        attempt.result["model_path"]
    )


@pytest.mark.parametrize("family", ["llama", "bert"])
def test_ner_learns_entities(label_job, tag_rows, encoder_folder, family):
    job = label_job(
        "ner", tag_rows, model=None if family == "llama" else encoder_folder(family), epochs=15,
        learning_rate=5e-3, eval_every=20, sequence_length=64,
    )  # fmt: skip
    attempt = job.run()
    assert attempt.result["figures"]["eval_entity_f1"] > 0.7
    sample = attempt.of(EventType.SAMPLE)[-1]
    assert " " in sample["prompt"]
    loaded = transformers.AutoModelForTokenClassification.from_pretrained(
        attempt.result["model_path"]
    )
    assert set(loaded.config.id2label.values()) == {"B-LOC", "B-PER", "I-PER", "O"}


def test_classify_resumes_bit_for_bit(label_job, label_rows):
    options = {"epochs": 3, "method": "lora", "eval_every": 5, "checkpoint_every": 4}
    whole = label_job("classify", label_rows, "whole", **options).run()
    job = label_job("classify", label_rows, "cut", **options)
    from jupyter_persian_ai.protocol.worker import WorkStopped

    first = job.run(stop_when=lambda a: len(a.series("loss")) >= 6, expect=WorkStopped)
    second = job.run()
    assert first.series("loss") + second.series("loss") == whole.series("loss")
    assert second.result["figures"] == whole.result["figures"]


def test_the_result_is_judged_on_test_data(label_job, label_rows, tmp_path):
    from jupyter_persian_ai.errors import DatasetLabelUnknown

    path = tmp_path / "test.jsonl"
    rows = rows_of(label_rows)[:20]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    job = label_job("classify", label_rows, epochs=12, learning_rate=3e-3, eval_every=20)
    job.inputs |= {"test_path": str(path), "test_name": "آزمون"}
    attempt = job.run()
    figures = attempt.result["figures"]
    assert figures["test_accuracy"] > 0.9
    assert {"test_loss", "test_macro_f1"} <= figures.keys()
    told = attempt.of(EventType.EVALUATION)[-1]
    assert told["test"]
    assert np.sum(told["confusion"]) == 20
    path.write_text('{"text": "دل", "label": "ناشناس"}\n', encoding="utf-8")
    job.inputs["test_sha256"] = "00"
    again = job.run(expect=DatasetLabelUnknown)
    assert again.result is None


def test_one_label_is_refused(label_job, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "دل", "label": "الف"}\n' * 4, encoding="utf-8")
    label_job("classify", path).run(expect=DatasetOneLabel)


# --- scores ------------------------------------------------------------------------------------


def test_entities_are_counted_whole():
    true = ["B-PER", "I-PER", "O", "B-LOC", "O", "B-PER"]
    said = ["B-PER", "I-PER", "O", "B-ORG", "O", "I-PER"]
    assert scores.entities(true) == {("PER", 0, 2), ("LOC", 3, 4), ("PER", 5, 6)}
    assert scores.entity_scores(true, said).tolist() == [2, 3, 3]
    assert scores.entities(["B-PER", "B-PER", "I-LOC"]) == {
        ("PER", 0, 1),
        ("PER", 1, 2),
        ("LOC", 2, 3),
    }


def test_macro_f1_is_over_classes_that_occur():
    confusion = np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]])
    table, macro = scores.table_of(confusion, ["الف", "ب", "پ"])
    assert macro == pytest.approx((6 / 7 + 4 / 5) / 2)
    assert [row["support"] for row in table["per_label"]] == [4, 2, 0]
    assert table["per_label"][0]["recall"] == 0.75


@pytest.mark.parametrize("recipe", ["classify", "ner"])
def test_without_held_out_rows_the_sample_is_of_the_first(label_job, label_rows, tag_rows, recipe):
    rows = label_rows if recipe == "classify" else tag_rows
    attempt = label_job(recipe, rows, eval_fraction=0.0, max_steps=2).run()
    first = rows_of(rows)[0]
    wanted = first["text"] if recipe == "classify" else " ".join(first["tokens"])
    assert attempt.of(EventType.SAMPLE)[-1]["prompt"] == wanted
