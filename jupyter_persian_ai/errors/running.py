"""What goes wrong while something runs: memory, disk, workers, engines, the Hub."""

from __future__ import annotations

from .base import PersianAIError


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
    hint_en = "What would help: {mend}"
    hint_fa = "چاره: {mend_fa}"


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
