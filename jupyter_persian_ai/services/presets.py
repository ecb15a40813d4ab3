"""Ready requests for the sample data that a user has imported.

Owns their words and the finding of their datasets and models; the options are tuned and kept in
`training.presets`. A preset whose dataset or model is not here is not offered.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from ..protocol.base import Note, Page
from ..protocol.jobs import TrainingAsk
from ..protocol.presets import Preset
from ..store import Store
from ..store import datasets as dataset_rows
from ..store import jobs as job_rows
from ..store import models as model_rows
from ..training.presets import HAFEZ_CLASSIFY, HAFEZ_PRETRAIN, HAFEZ_SFT

_GHAZALS, _PROSE = "ghazals.jsonl", "ghazal_prose.jsonl"
_KINDS = "verse_or_prose.jsonl"
_PRETRAIN_NAME = "غزل‌های حافظ، از صفر"
_SFT_NAME = "از غزل به نثر"
_CLASSIFY_NAME = "شعر یا نثر؟"


class Presets:
    """What a user can start with one press."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def page(self, user_id: str) -> Page[Preset]:
        """The presets that can be started now, the first one first."""

        def read(session: Session) -> Page[Preset]:
            datasets = dataset_rows.page(session, user_id, limit=500)
            samples = {d.report.name: d.id for d in datasets.items if d.source == "sample"}
            items = []
            if _GHAZALS in samples:
                items.append(_pretrain(samples[_GHAZALS]))
            model_id = _trained(session, user_id, samples.get(_GHAZALS))
            if _PROSE in samples and model_id:
                items.append(_sft(samples[_PROSE], model_id))
            if _KINDS in samples and model_id:
                items.append(_classify(samples[_KINDS], model_id))
            return Page[Preset](items=items, seq=datasets.seq)

        return await self._store.aread(read)


def _trained(session: Session, user_id: str, dataset_id: str | None) -> str | None:
    """The newest model that was pretrained on the ghazals here."""
    for job in job_rows.page(session, user_id, limit=500).items:
        learned = job.recipe == "pretrain" and job.inputs.get("dataset_id") == dataset_id
        made = model_rows.by_job(session, user_id, job.id) if dataset_id and learned else []
        if made:
            return made[0].id
    return None


def _pretrain(dataset_id: str) -> Preset:
    return Preset(
        id="hafez-pretrain",
        title=Note(en="Write like Hafez", fa="نوشتن به شیوهٔ حافظ"),
        summary=Note(
            en="A small model learns from 495 ghazals, from scratch: about three minutes on two "
            "processor cores. It ends with verse-like Persian, and has learned only the look of "
            "these poems: it knows nothing and answers nothing.",
            fa="مدلی کوچک از صفر از ۴۹۵ غزل می‌آموزد: نزدیک سه دقیقه روی دو هستهٔ پردازنده. "
            "در پایان فارسیِ شعرگونه می‌نویسد و تنها ظاهر همین شعرها را آموخته است: نه چیزی "
            "می‌داند و نه به پرسشی پاسخ می‌دهد.",
        ),
        ask=TrainingAsk(
            recipe="pretrain",
            dataset_id=dataset_id,
            name=_PRETRAIN_NAME,
            options=HAFEZ_PRETRAIN.model_dump(mode="json"),
        ),
    )


def _sft(dataset_id: str, model_id: str) -> Preset:
    return Preset(
        id="hafez-sft",
        title=Note(en="From a ghazal to prose", fa="از غزل به نثر"),
        summary=Note(
            en="The model that you trained learns the form of question and answer: one to two "
            "minutes. It learns the form, not the meaning.",
            fa="مدلی که آموزش دادید شکل پرسش و پاسخ را می‌آموزد: یک تا دو دقیقه. شکل را "
            "می‌آموزد، نه معنا را.",
        ),
        ask=TrainingAsk(
            recipe="sft",
            dataset_id=dataset_id,
            name=_SFT_NAME,
            model_id=model_id,
            options=HAFEZ_SFT.model_dump(mode="json"),
        ),
    )


def _classify(dataset_id: str, model_id: str) -> Preset:
    return Preset(
        id="hafez-classify",
        title=Note(en="Verse or prose?", fa="شعر یا نثر؟"),
        summary=Note(
            en="The model that you trained learns to tell couplets from sentences of prose: about "
            "half a minute. Its accuracy is on rows that it has not seen.",
            fa="مدلی که آموزش دادید بیت را از جملهٔ نثر باز می‌شناسد: نزدیک نیم دقیقه. درستی‌اش "
            "روی سطرهایی است که ندیده است.",
        ),
        ask=TrainingAsk(
            recipe="classify",
            dataset_id=dataset_id,
            model_id=model_id,
            name=_CLASSIFY_NAME,
            options=HAFEZ_CLASSIFY.model_dump(mode="json"),
        ),
    )
