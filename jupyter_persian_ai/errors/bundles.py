"""Bundles that cannot be made or taken in, and why."""

from __future__ import annotations

from .base import PersianAIError


class BundleProblem(PersianAIError):
    """Group: a bundle cannot be made, or cannot be taken in."""

    code = "bundle_problem"
    status = 422


class BundleMissing(BundleProblem):
    """There is no bundle at this path, or more than one."""

    code = "bundle_missing"
    en = "There is no bundle at “{path}”: {reason}"
    fa = "در «{path}» بسته‌ای نیست: {reason_fa}"
    hint_en = "Name the folder with its parts, or one of them: NAME.tar or NAME.tar.000."
    hint_fa = (
        "پوشه‌ای را که پاره‌هایش در آن است، یا یکی از آنها را بنویسید: NAME.tar یا NAME.tar.000."
    )


class BundlePartMissing(BundleProblem):
    """Some parts of it are not there, or not all of them."""

    code = "bundle_part_missing"
    en = "Parts of the bundle are missing or not whole: {parts}"
    fa = "این پاره‌های بسته نیستند یا کامل نیستند: {parts}"
    hint_en = "Copy these parts to the folder and go on; what was checked before is kept."
    hint_fa = "همین پاره‌ها را در پوشه کپی کنید و ادامه دهید؛ آنچه بررسی شده نگه داشته می‌شود."


class BundleDamaged(BundleProblem):
    """A part holds other bytes than it was packed with."""

    code = "bundle_damaged"
    en = "The part “{part}” is not as it was packed: {reason}"
    fa = "پارهٔ «{part}» آن نیست که بسته شد: {reason_fa}"
    hint_en = "Copy this part anew and go on. Nothing was put in place."
    hint_fa = "همین پاره را دوباره کپی کنید و ادامه دهید. چیزی سر جایش گذاشته نشده است."


class BundleUnsafe(BundleProblem):
    """What it says of itself would lead somewhere, or is beyond all measure."""

    code = "bundle_unsafe"
    en = "The bundle is refused: {reason}"
    fa = "این بسته پذیرفته نشد: {reason_fa}"
    hint_en = "This software makes no such bundles; ask whoever gave it to you for another."
    hint_fa = "این نرم‌افزار چنین بسته‌ای نمی‌سازد؛ از کسی که آن را داده بستهٔ دیگری بخواهید."


class BundleNewer(BundleProblem):
    """It was made by a later version of this software, in a form that is not known here."""

    code = "bundle_newer"
    en = "The bundle has format {version}, and this version of the software reads up to {known}."
    fa = "قالب این بسته {version} است و این نسخه از نرم‌افزار تا قالب {known} را می‌خواند."
    hint_en = "Bring this software up to date, or unpack it with tar and register the folder."
    hint_fa = "نرم‌افزار را به‌روز کنید، یا بسته را با tar باز و پوشه‌اش را معرفی کنید."


class BundleSourceChanged(BundleProblem):
    """A file changed while it was packed."""

    code = "bundle_source_changed"
    en = "“{file}” changed or went away while it was being packed."
    fa = "«{file}» هنگام بسته‌بندی تغییر کرد یا از میان رفت."
    hint_en = "Wait until nothing writes to it, then try again."
    hint_fa = "صبر کنید تا چیزی در آن ننویسد، سپس دوباره تلاش کنید."


class BundleNotPackable(BundleProblem):
    """Something in the folder cannot be carried in a bundle."""

    code = "bundle_not_packable"
    en = "“{name}” cannot be packed: {reason}"
    fa = "«{name}» بسته‌شدنی نیست: {reason_fa}"
    hint_en = "Put the folder in order and try again."
    hint_fa = "پوشه را مرتب کنید و دوباره تلاش کنید."


class BundleFileLimit(BundleProblem):
    """The disk takes no file of this size, as FAT32 from 4 GiB on."""

    code = "bundle_file_limit"
    en = "The disk at “{path}” takes no file as large as “{part}”."
    fa = "دیسک «{path}» فایلی به بزرگی «{part}» نمی‌پذیرد."
    hint_en = "Cut the bundle: FAT32 takes parts below 4 GiB (4294967295 bytes)."
    hint_fa = (
        "بسته را پاره‌پاره کنید: FAT32 پاره‌های کوچک‌تر از ۴ گیگابایت (۴۲۹۴۹۶۷۲۹۵ بایت) را می‌پذیرد."
    )


class BundleDiskFault(BundleProblem):
    """The disk that a bundle is written to, a stick mostly, fails or lies."""

    code = "bundle_disk_fault"
    status = 500
    en = "“{part}” could not be written to “{path}”: {reason}"
    fa = "«{part}» در «{path}» نوشته نشد: {reason_fa}"
    hint_en = "Look whether the disk is still there. If it happens again, do not trust that disk."
    hint_fa = "ببینید دیسک هنوز وصل است یا نه. اگر تکرار شد، به آن دیسک اعتماد نکنید."
