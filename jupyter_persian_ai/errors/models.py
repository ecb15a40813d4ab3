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
