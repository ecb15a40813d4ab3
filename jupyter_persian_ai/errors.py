"""The one tree of errors.

Every failure a user can meet is a `PersianAIError` with a stable `code`, an HTTP status, a
sentence in Persian and in English, and a hint that says what to do next. The HTTP edge, the
workers and the notebook client all carry the same `ErrorBody`; nothing else turns an exception
into words. Must not import anything above it: workers, server and notebooks all use it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, Field


class ErrorBody(BaseModel):
    """The content of `{"error": ...}` in every failed answer and of every `error` event."""

    code: str
    message: str
    message_fa: str
    hint: str = ""
    hint_fa: str = ""
    details: dict[str, Any] = Field(default_factory=dict)


class PersianAIError(Exception):
    """Something went wrong that a user can understand.

    The class attributes are templates; `details` fills their `{fields}` and travels along.
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    en: ClassVar[str] = "Something unexpected happened inside the service."
    fa: ClassVar[str] = "خطای پیش‌بینی‌نشده‌ای در سرویس رخ داد."
    hint_en: ClassVar[str] = "Try again; if it happens again, look at the server log."
    hint_fa: ClassVar[str] = "دوباره تلاش کنید؛ اگر تکرار شد، گزارش سرور را ببینید."

    def __init__(self, **details: Any) -> None:
        self.details = details
        super().__init__(self.body.message)

    @property
    def body(self) -> ErrorBody:
        """The error as it goes over the wire."""
        fields = _Blank(self.details)
        return ErrorBody(
            code=self.code,
            message=self.en.format_map(fields),
            message_fa=self.fa.format_map(fields),
            hint=self.hint_en.format_map(fields),
            hint_fa=self.hint_fa.format_map(fields),
            details=self.details,
        )


#: Things of ours that an error may be about.
_PERSIAN = {
    "address": "نشانی",
    "conversation": "گفت‌وگو",
    "dataset": "داده",
    "job": "کار",
    "message": "پیام",
    "model": "مدل",
    "notification": "اعلان",
    "page": "صفحه",
    "route": "مسیر",
    "sample": "نمونه",
    "script": "اسکریپت",
    "user": "کاربر",
}


class _Blank(dict[str, Any]):
    """Formatting must never fail while an error is being reported."""

    def __missing__(self, key: str) -> str:
        # Where a raiser gave a word in one language only, it is translated, or serves both.
        if key.endswith("_fa") and key[:-3] in self:
            given = str(self[key[:-3]])
            return _PERSIAN.get(given, given)
        return f"{{{key}}}"


# --- what a user sent -------------------------------------------------------------------------


class InvalidRequest(PersianAIError):
    """The request itself cannot be read; `field` says where."""

    code = "invalid_request"
    status = 400
    en = "The request cannot be understood: {reason}"
    fa = "درخواست قابل فهم نیست: {reason}"
    hint_en = "Check the field “{field}”."
    hint_fa = "فیلد «{field}» را بررسی کنید."


class InvalidField(PersianAIError):
    """A value is outside what is allowed; `field`, `reason` and the allowed range say why."""

    code = "invalid_field"
    status = 422
    en = "“{field}” is not acceptable: {reason}"
    fa = "مقدار «{field}» پذیرفتنی نیست: {reason_fa}"
    hint_en = "Change this value and send again. Nothing was started."
    hint_fa = "این مقدار را عوض کنید و دوباره بفرستید. چیزی شروع نشده است."


class TooLarge(PersianAIError):
    """The body is larger than the limit."""

    code = "too_large"
    status = 413
    en = "This is larger than the limit of {limit} bytes."
    fa = "این از سقف {limit} بایت بزرگ‌تر است."
    hint_en = "Split it, or give a path on the server instead."
    hint_fa = "آن را بشکنید، یا به‌جایش مسیر فایل روی سرور را بدهید."


class NotFound(PersianAIError):
    """No such thing, or it belongs to another user: the answer is the same on purpose."""

    code = "not_found"
    status = 404
    en = "There is no {what} with this id: {id}"
    fa = "{what_fa} با این شناسه پیدا نشد: {id}"
    hint_en = "It may have been deleted. Open the list and choose again."
    hint_fa = "شاید حذف شده باشد. فهرست را باز کنید و دوباره برگزینید."


class Conflict(PersianAIError):
    """The thing is in a state in which this cannot be done."""

    code = "conflict"
    status = 409
    en = "This cannot be done now: {reason}"
    fa = "اکنون شدنی نیست: {reason_fa}"
    hint_en = "Look at its present state and choose what that state allows."
    hint_fa = "وضعیت کنونی را ببینید و کاری را برگزینید که این وضعیت اجازه می‌دهد."


class IdempotencyMismatch(PersianAIError):
    """One idempotency key was used for two different requests."""

    code = "idempotency_mismatch"
    status = 409
    en = "This idempotency key was already used for another request (job {job_id})."
    fa = "این کلید یکتایی پیش‌تر برای درخواست دیگری به کار رفته است (کار {job_id})."
    hint_en = "Use a new key for a new request."
    hint_fa = "برای درخواست تازه کلید تازه‌ای به کار ببرید."


class Forbidden(PersianAIError):
    """Jupyter's authorizer said no."""

    code = "forbidden"
    status = 403
    en = "You may not do this here."
    fa = "اجازهٔ این کار را ندارید."
    hint_en = "Ask whoever runs this server for the permission."
    hint_fa = "از مدیر این سرور اجازه بگیرید."


class Unauthenticated(PersianAIError):
    """No valid token."""

    code = "unauthenticated"
    status = 401
    en = "You are not signed in to this Jupyter server."
    fa = "به این سرور Jupyter وارد نشده‌اید."
    hint_en = "Open the address with its token, or sign in again."
    hint_fa = "نشانی را همراه توکن آن باز کنید، یا دوباره وارد شوید."


class MethodNotAllowed(PersianAIError):
    """The route is there, but not for this verb."""

    code = "method_not_allowed"
    status = 405
    en = "{method} cannot be used at this address."
    fa = "{method} در این نشانی به کار نمی‌رود."
    hint_en = "openapi.json lists every address and what may be done there."
    hint_fa = "همهٔ نشانی‌ها و کارهای ممکن در openapi.json آمده است."


class PathOutside(PersianAIError):
    """A path leaves the folder it has to stay in."""

    code = "path_outside"
    status = 400
    en = "This path leads out of the allowed folder."
    fa = "این مسیر به بیرون از پوشهٔ مجاز می‌رسد."
    hint_en = "Give a path inside the folder, without “..”."
    hint_fa = "مسیری درون پوشه و بدون «..» بدهید."


# --- datasets ---------------------------------------------------------------------------------


class DatasetProblem(PersianAIError):
    """Group: a dataset cannot be used as it is."""

    code = "dataset_problem"
    status = 422


class DatasetMissing(DatasetProblem):
    """The file is not there."""

    code = "dataset_missing"
    en = "There is no readable file at “{path}”."
    fa = "فایل خواندنی در «{path}» نیست."
    hint_en = "Check the path on the server, or upload the file."
    hint_fa = "مسیر روی سرور را بررسی کنید، یا فایل را بارگذاری کنید."


class DatasetEmpty(DatasetProblem):
    """No usable row is left."""

    code = "dataset_empty"
    en = "“{name}” holds no text: {rows} rows were read and none can be used."
    fa = "«{name}» متنی ندارد: {rows} سطر خوانده شد و هیچ‌کدام به کار نمی‌آید."
    hint_en = "Choose a file with at least one non-empty row."
    hint_fa = "فایلی با دست‌کم یک سطر ناتهی برگزینید."


class DatasetBinary(DatasetProblem):
    """The bytes are not text."""

    code = "dataset_binary"
    en = "“{name}” is not a text file (a NUL byte stands at offset {offset})."
    fa = "«{name}» فایل متنی نیست (در جایگاه {offset} بایت تهی دارد)."
    hint_en = "Save it as .txt, .jsonl, .json, .csv or .tsv in UTF-8."
    hint_fa = "آن را با قالب ‎.txt، ‎.jsonl، ‎.json، ‎.csv یا ‎.tsv و کدگذاری UTF-8 ذخیره کنید."


class DatasetEncoding(DatasetProblem):
    """The bytes are not in a known encoding."""

    code = "dataset_encoding"
    en = "“{name}” is not valid {encoding}: line {line}, byte {offset}."
    fa = "«{name}» با کدگذاری {encoding} خوانده نمی‌شود: سطر {line}، بایت {offset}."
    hint_en = "Save it again as UTF-8, or name its encoding."
    hint_fa = "آن را دوباره با UTF-8 ذخیره کنید، یا کدگذاری‌اش را بگویید."


class DatasetFormat(DatasetProblem):
    """The file cannot be parsed in its format."""

    code = "dataset_format"
    en = "“{name}” cannot be read as {format}: line {line}: {reason}"
    fa = "«{name}» را نمی‌توان به قالب {format} خواند: سطر {line}: {reason_fa}"
    hint_en = "Mend that line, or choose the right format."
    hint_fa = "آن سطر را درست کنید، یا قالب درست را برگزینید."


class DatasetFields(DatasetProblem):
    """The fields that the task needs are not there."""

    code = "dataset_fields"
    en = "“{name}” has the fields {found}, but this needs {needed}."
    fa = "«{name}» فیلدهای {found} را دارد، ولی این کار {needed} می‌خواهد."
    hint_en = "Rename the columns, or say which column is which."
    hint_fa = "نام ستون‌ها را عوض کنید، یا بگویید هر ستون چیست."


class DatasetLabels(DatasetProblem):
    """What should name a class names nearly every row anew."""

    code = "dataset_labels"
    en = "The field “{field}” of “{name}” has more than {limit} different labels."
    fa = "فیلد «{field}» در «{name}» بیش از {limit} برچسب گوناگون دارد."
    hint_en = "Choose the column that holds the class, or read the file as raw text."
    hint_fa = "ستونی را برگزینید که رده در آن است، یا فایل را متن خام بخوانید."


class ConversationRefused(DatasetProblem):
    """A conversation from which the model's chat template leaves no answer to learn."""

    code = "conversation_refused"
    en = "The chat template of the model cannot write this conversation for training: {reason}"
    fa = "قالب گفت‌وگوی مدل این گفت‌وگو را برای آموزش نمی‌نویسد: {reason_fa}"
    hint_en = (
        "Leave the conversation out, shorten it to one question and answer, or take another model."
    )
    hint_fa = "گفت‌وگو را کنار بگذارید، به یک پرسش و پاسخ کوتاه کنید، یا مدل دیگری برگزینید."


class DatasetOneLabel(DatasetProblem):
    """Nothing to tell apart."""

    code = "dataset_one_label"
    en = "All rows of “{name}” have the same label, so there is nothing to learn."
    fa = "همهٔ سطرهای «{name}» یک برچسب دارند، پس چیزی برای آموختن نیست."
    hint_en = "Import the file again and choose the column that holds the labels."
    hint_fa = "فایل را دوباره وارد کنید و ستونی را برگزینید که برچسب‌ها در آن است."


class DatasetLabelUnknown(DatasetProblem):
    """Test data with a label that the training data does not have."""

    code = "dataset_label_unknown"
    en = "The label “{label}” does not occur in the training data, which has {known}."
    fa = "برچسب «{label}» در دادهٔ آموزش نیست؛ برچسب‌های آن {known} است."
    hint_en = "Choose test data with the same labels, or mend its label column."
    hint_fa = "دادهٔ آزمونی با همان برچسب‌ها برگزینید، یا ستون برچسبش را اصلاح کنید."


class SamplesMissing(DatasetProblem):
    """The package that holds the sample texts is not installed."""

    code = "samples_missing"
    status = 409
    en = "The sample texts are not installed: the package “{package}” is missing."
    fa = "متن‌های نمونه نصب نیست: بستهٔ «{package}» پیدا نشد."
    hint_en = "Install the demo extra: pip install 'jupyter_persian_ai[demo]'"
    hint_fa = "افزودنی demo را نصب کنید: pip install 'jupyter_persian_ai[demo]'"


class DatasetLimit(DatasetProblem):
    """A limit on untrusted input was reached."""

    code = "dataset_limit"
    en = "“{name}” goes over a limit: {what} (at most {limit})."
    fa = "«{name}» از یک سقف می‌گذرد: {what_fa} (حداکثر {limit})."
    hint_en = "Split the file, or raise the limit in the server’s settings."
    hint_fa = "فایل را بشکنید، یا سقف را در تنظیمات سرور بالا ببرید."


# --- models -----------------------------------------------------------------------------------


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


# --- resources --------------------------------------------------------------------------------


class DiskFull(PersianAIError):
    """Not enough free space."""

    code = "disk_full"
    status = 507
    en = "The disk is too full: this needs about {needed} bytes and {free} are free."
    fa = "دیسک جا ندارد: این کار حدود {needed} بایت می‌خواهد و {free} بایت آزاد است."
    hint_en = "Free some space (old jobs, models), then try again. Nothing was lost."
    hint_fa = "کمی جا باز کنید (کارها و مدل‌های کهنه) و دوباره تلاش کنید. چیزی از دست نرفته است."


class TooLittleMemory(PersianAIError):
    """The run would not fit."""

    code = "too_little_memory"
    status = 422
    en = "This run needs about {needed} bytes of memory and {available} are available."
    fa = "این آموزش حدود {needed} بایت حافظه می‌خواهد و {available} بایت در دسترس است."
    hint_en = "Choose a smaller batch, a shorter sequence, or LoRA."
    hint_fa = "دستهٔ کوچک‌تر، دنبالهٔ کوتاه‌تر یا LoRA را برگزینید."


class LaunchRefused(PersianAIError):
    """The launch gate found something that would make the run fail; `change` may mend it."""

    code = "launch_refused"
    status = 422
    en = "This run cannot start: {cause}"
    fa = "این آموزش نمی‌تواند آغاز شود: {cause_fa}"
    hint_en = "{mend}"
    hint_fa = "{mend_fa}"


class TooSlowToTry(PersianAIError):
    """A rehearsal went on for too long."""

    code = "too_slow_to_try"
    status = 422
    en = "One step could not be tried within {seconds} seconds."
    fa = "آزمودن یک گام در {seconds} ثانیه به پایان نرسید."
    hint_en = "Choose a smaller model or batch, or start the run: it tries the step itself."
    hint_fa = "مدل یا دستهٔ کوچک‌تری برگزینید، یا آموزش را آغاز کنید: خودش گام را می‌آزماید."


class MethodUnavailable(PersianAIError):
    """A way of training that this machine does not have."""

    code = "method_unavailable"
    status = 422
    en = "{method} cannot be used here: {reason}."
    fa = "از {method} این‌جا نمی‌توان استفاده کرد: {reason_fa}."
    hint_en = "Choose the method lora: it needs more memory, and works everywhere."
    hint_fa = "روش lora را برگزینید: حافظهٔ بیشتری می‌خواهد و همه‌جا کار می‌کند."


class TooFewDevices(PersianAIError):
    """More devices were asked for than this machine has."""

    code = "too_few_devices"
    status = 422
    en = "This run asks for {asked} devices, and this machine has {there}."
    fa = "این آموزش {asked} دستگاه می‌خواهد و این ماشین {there} دستگاه دارد."
    hint_en = "Lower the number of devices in the options; the result stays the same."
    hint_fa = "تعداد دستگاه‌ها را در گزینه‌ها کم کنید؛ نتیجه همان می‌ماند."


class RankDied(PersianAIError):
    """One of the processes of a run on several devices ended without saying why."""

    code = "rank_died"
    status = 500
    en = "The process of device {rank} ended unexpectedly ({how}), and the run ended with it."
    fa = "فرایند دستگاه {rank} ناگهان پایان یافت ({how}) و آموزش با آن پایان گرفت."
    hint_en = "Resume from the last checkpoint; if it happens again, use fewer devices."
    hint_fa = "از آخرین چک‌پوینت ادامه دهید؛ اگر تکرار شد، دستگاه‌های کمتری به کار ببرید."


class TrainingDiverged(PersianAIError):
    """The loss is no longer a number."""

    code = "training_diverged"
    status = 422
    en = "The loss became {value} at step {step}; the run was stopped."
    fa = "خطا در گام {step} برابر {value} شد؛ آموزش متوقف شد."
    hint_en = "Lower the learning rate and resume from the last checkpoint."
    hint_fa = "نرخ یادگیری را کم کنید و از آخرین چک‌پوینت ادامه دهید."


class WorkerDied(PersianAIError):
    """The worker process ended without saying why."""

    code = "worker_died"
    status = 500
    en = "The worker process ended without a word ({reason}) after {restarts} automatic restarts."
    fa = "پردازهٔ کارگر پس از {restarts} بار آغاز دوبارهٔ خودکار بی‌خبر پایان یافت ({reason})."
    hint_en = "If memory ran out, choose a smaller batch; then press Resume."
    hint_fa = "اگر حافظه تمام شده، دستهٔ کوچک‌تری برگزینید؛ سپس «ادامه» را بزنید."


class EngineFailed(PersianAIError):
    """The inference engine did not start or answer."""

    code = "engine_failed"
    status = 503
    en = "The chat engine for this model could not be used: {reason}"
    fa = "موتور گفت‌وگوی این مدل کار نکرد: {reason}"
    hint_en = "Unload other models to free memory, then try again."
    hint_fa = "مدل‌های دیگر را از حافظه بردارید و دوباره تلاش کنید."


class HubProblem(PersianAIError):
    """The Hugging Face Hub did not give what was asked."""

    code = "hub_problem"
    status = 502
    en = "The Hub did not answer as hoped for “{repo_id}”: {reason}"
    fa = "هاب برای «{repo_id}» پاسخ درستی نداد: {reason_fa}"
    hint_en = "Check the id, the network, and whether the repository asks for a token."
    hint_fa = "شناسه، شبکه و نیاز مخزن به توکن را بررسی کنید."


class Busy(PersianAIError):
    """Try again later."""

    code = "busy"
    status = 503
    en = "The service is busy or its database is away."
    fa = "سرویس مشغول است یا پایگاه داده در دسترس نیست."
    hint_en = "Wait a few seconds and try again."
    hint_fa = "چند ثانیه صبر کنید و دوباره تلاش کنید."


class ServiceUnreachable(PersianAIError):
    """The notebook client finds no service."""

    code = "service_unreachable"
    status = 503
    en = "No jupyter_persian_ai service answers at {url}: {reason}"
    fa = "سرویس jupyter_persian_ai در {url} پاسخ نمی‌دهد: {reason}"
    hint_en = "Start JupyterLab with the extension enabled, or call pai.connect()."
    hint_fa = "JupyterLab را با این افزونه اجرا کنید، یا pai.connect() را صدا بزنید."


def revived(code: str, details: dict[str, Any]) -> PersianAIError:
    """The error that another process raised, by its code."""
    classes: list[type[PersianAIError]] = [PersianAIError]
    for kind in classes:
        if kind.code == code:
            return kind(**details)
        classes.extend(kind.__subclasses__())
    return PersianAIError(**details)
