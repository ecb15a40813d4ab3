"""A model that cannot be merged, exported or pushed, and why."""

from __future__ import annotations

from .base import PersianAIError
from .models import ModelProblem


class ExportUnsupported(ModelProblem):
    """GGUF has no words for a model of this kind."""

    code = "export_unsupported"
    en = "A model of type “{model_type}” ({architecture}) cannot be written as GGUF."
    fa = "مدلی از نوع «{model_type}» ({architecture}) را نمی‌توان به قالب GGUF نوشت."
    hint_en = "Export it as safetensors; GGUF is written for {known}."
    hint_fa = "آن را به قالب safetensors برون‌بری کنید؛ GGUF برای {known} نوشته می‌شود."


class TokenizerUnsupported(ModelProblem):
    """GGUF has no words for a tokenizer of this kind."""

    code = "tokenizer_unsupported"
    en = "The tokenizer of this model cannot be written as GGUF: {reason}"
    fa = "توکنایزر این مدل را نمی‌توان به قالب GGUF نوشت: {reason_fa}"
    hint_en = "Export the model as safetensors: that keeps its tokenizer as it is."
    hint_fa = "مدل را به قالب safetensors برون‌بری کنید تا توکنایزرش همان‌گونه بماند."


class AdapterUnfit(ModelProblem):
    """An adapter that cannot be merged into this model."""

    code = "adapter_unfit"
    en = "The adapter “{adapter}” cannot be merged into “{model}”: {reason}"
    fa = "آداپتور «{adapter}» را نمی‌توان در «{model}» ادغام کرد: {reason_fa}"
    hint_en = "Choose the model that the adapter was trained on, or another adapter."
    hint_fa = "مدلی را برگزینید که آداپتور روی آن آموزش دیده است، یا آداپتور دیگری."


class MergeDiffers(PersianAIError):
    """The merged model does not compute what base and adapter do together."""

    code = "merge_differs"
    status = 422
    en = "The merged model differs from base and adapter by {difference}, more than {allowed}."
    fa = "مدل ادغام‌شده به اندازهٔ {difference} با پایه و آداپتور فرق دارد، بیش از {allowed}."
    hint_en = "Merge in float32, which keeps small changes. Nothing was kept."
    hint_fa = "با قالب float32 ادغام کنید که تغییرهای کوچک را نگه می‌دارد. چیزی نگه داشته نشد."


class PushPlanChanged(PersianAIError):
    """What would be sent is no longer what the plan showed."""

    code = "push_plan_changed"
    status = 409
    en = "Nothing was sent: what would be sent is not what the plan showed ({reason})."
    fa = "چیزی فرستاده نشد: آنچه فرستاده می‌شد همان نیست که برنامه نشان داد ({reason_fa})."
    hint_en = "Look at the plan again, and push from there."
    hint_fa = "برنامه را دوباره ببینید و از همان‌جا بفرستید."


class PushRefused(PersianAIError):
    """The Hub does not let this account write there."""

    code = "push_refused"
    status = 403
    en = "The Hub does not let you write to “{repo_id}”: {reason}"
    fa = "هاب نوشتن در «{repo_id}» را نمی‌پذیرد: {reason_fa}"
    hint_en = "Use a token with the right to write, and a repository that is yours."
    hint_fa = "توکنی با اجازهٔ نوشتن و مخزنی از آن خودتان به کار ببرید."


class TokenMissing(PersianAIError):
    """Something on the Hub needs an account, and no token is set."""

    code = "token_missing"
    status = 409
    en = "This needs an account on the Hub, and no token is set."
    fa = "این کار حسابی در هاب می‌خواهد و توکنی داده نشده است."
    hint_en = "Set a token with the right to write in Settings, then try again."
    hint_fa = "در تنظیمات توکنی با اجازهٔ نوشتن بدهید و دوباره تلاش کنید."
