"""Model folders that cannot be used, and why."""

from __future__ import annotations

from .base import PersianAIError


class ModelProblem(PersianAIError):
    """Group: a model folder cannot be used."""

    code = "model_problem"
    status = 422


class ModelNotAFolder(ModelProblem):
    """The path is no model folder."""

    code = "model_not_a_folder"
    en = "“{path}” is not a model folder: {reason}"
    fa = "«{path}» پوشهٔ مدل نیست: {reason_fa}"
    hint_en = "A model folder holds config.json, a tokenizer and .safetensors files."
    hint_fa = "پوشهٔ مدل ‎config.json، توکنایزر و فایل‌های ‎.safetensors دارد."


class ModelUnsafe(ModelProblem):
    """The folder could run code when loaded."""

    code = "model_unsafe"
    en = "“{path}” is refused, because loading it could run someone’s code: {reason}"
    fa = "«{path}» پذیرفته نشد، چون بار کردنش ممکن است کد کسی را اجرا کند: {reason_fa}"
    hint_en = "Use a version of this model in safetensors, without custom code."
    hint_fa = "نسخهٔ safetensors همین مدل را که کد اختصاصی ندارد به کار ببرید."


class ModelUnsupported(ModelProblem):
    """A sound model of a kind we cannot use."""

    code = "model_unsupported"
    en = "Models of type “{model_type}” cannot be used for this."
    fa = "مدل از نوع «{model_type}» برای این کار به کار نمی‌آید."
    hint_en = "Choose a causal language model; an encoder or a classifier only labels texts."
    hint_fa = "یک مدل زبانی علّی (causal) برگزینید؛ انکودر و دسته‌بند تنها متن را برچسب می‌زنند."


class ModelPickled(ModelUnsafe):
    """Its weights are in a pickle; they may be converted."""

    code = "model_pickled"
    hint_en = (
        "Look for a safetensors version of this model; or import it: its weights are then "
        "converted in a locked-down process."
    )
    hint_fa = (
        "نسخهٔ safetensors همین مدل را بجویید؛ یا آن را وارد کنید تا وزن‌هایش در پردازه‌ای "
        "دربسته تبدیل شود."
    )


class ModelGguf(ModelUnsupported):
    """A GGUF file, which has to be converted first."""

    code = "model_gguf"
    en = "“{path}” is a GGUF file, which has to be converted before it can be used."
    fa = "«{path}» فایل GGUF است و پیش از به‌کار رفتن باید تبدیل شود."
    hint_en = "Import it: a model in safetensors is made of it."
    hint_fa = "آن را وارد کنید تا از آن مدلی به قالب safetensors ساخته شود."


class ModelAdapter(ModelNotAFolder):
    """A LoRA adapter without its base model."""

    code = "model_adapter"
    en = "“{path}” is an adapter for “{base}”, not a whole model."
    fa = "«{path}» آداپتوری برای «{base}» است، نه مدلی کامل."
    hint_en = "Merge it into its base model; that makes a new model."
    hint_fa = "آن را در مدل پایه‌اش ادغام کنید؛ مدل تازه‌ای ساخته می‌شود."


class GgufDamaged(ModelProblem):
    """A GGUF file that does not keep to its format."""

    code = "gguf_damaged"
    en = "“{path}” is not a sound GGUF file: {reason}"
    fa = "«{path}» فایل GGUF سالمی نیست: {reason_fa}"
    hint_en = "Fetch the file again; if that does not help, its maker has to mend it."
    hint_fa = "فایل را دوباره دریافت کنید؛ اگر نشد، سازنده‌اش باید درستش کند."


class PickleRefused(ModelUnsafe):
    """A pickle that is more than tensors; nothing of it was carried out."""

    code = "pickle_refused"
    en = "“{file}” is not converted: {reason}"
    fa = "«{file}» تبدیل نشد: {reason_fa}"
    hint_en = "Only weights that PyTorch saved are converted. Do not trust where this came from."
    hint_fa = (
        "تنها وزن‌هایی که PyTorch ذخیره کرده تبدیل می‌شود. به جایی که این از آن آمده اعتماد نکنید."
    )


class RiskNotAccepted(ModelProblem):
    """A pickle was to be converted, and nobody said that they know what it is."""

    code = "risk_not_accepted"
    status = 409
    en = "“{path}” holds pickles, which can carry code; say that you accept the risk."
    fa = "«{path}» پیکل دارد که می‌تواند کد همراه داشته باشد؛ بگویید که خطرش را می‌پذیرید."
    hint_en = "It is opened in a locked-down process that carries out no code. Prefer safetensors."
    hint_fa = "در پردازه‌ای دربسته باز می‌شود که هیچ کدی اجرا نمی‌کند. safetensors بهتر است."


class LockdownMissing(ModelProblem):
    """No process can be locked in well enough here to open a pickle."""

    code = "lockdown_missing"
    status = 501
    en = "Pickles cannot be converted on this machine: {reason}"
    fa = "روی این دستگاه نمی‌توان پیکل تبدیل کرد: {reason_fa}"
    hint_en = "Convert it on a recent Linux, or use a version of this model in safetensors."
    hint_fa = "آن را روی لینوکسی تازه تبدیل کنید، یا نسخهٔ safetensors همین مدل را به کار ببرید."
