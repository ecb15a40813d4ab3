"""Ready options for the sample data, tuned on two CPU cores, of which one is left free. No torch.

Hafez' ghazals are small (270,000 characters), so a small model reads them many times: it ends
with verse-like Persian of real words, and has learned no more than the look of these poems.
"""

from __future__ import annotations

from ..protocol.recipes import ClassifyOptions, ModelShape, PretrainOptions, SftOptions

#: About three minutes: the ghazals as raw text, a model from scratch.
HAFEZ_PRETRAIN = PretrainOptions(
    epochs=14,
    learning_rate=3e-3,
    batch_size=2,
    sequence_length=256,
    eval_every=250,
    checkpoint_every=250,
    shape=ModelShape(vocab_size=4096, hidden_size=128, layers=4, heads=4),
)

#: One to two minutes: from a ghazal to its prose, on top of the model above.
HAFEZ_SFT = SftOptions(
    epochs=5,
    learning_rate=2e-3,
    batch_size=2,
    sequence_length=512,
    eval_every=200,
    checkpoint_every=200,
)

#: Half a minute: verse or prose, on top of the model of the ghazals.
HAFEZ_CLASSIFY = ClassifyOptions(
    epochs=2,
    learning_rate=1e-3,
    batch_size=16,
    sequence_length=64,
    eval_every=50,
    checkpoint_every=50,
    eval_fraction=0.1,
)
