"""Data that cannot be used, and why."""

from __future__ import annotations

from .base import PersianAIError


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


class DatasetDamaged(DatasetProblem):
    """A file that has to be unpacked cannot be."""

    code = "dataset_damaged"
    en = "“{name}” cannot be opened as {format}: {reason}"
    fa = "«{name}» را نمی‌توان به قالب {format} باز کرد: {reason_fa}"
    hint_en = "Make or download the file again, or save the data as .jsonl or .csv."
    hint_fa = "فایل را دوباره بسازید یا بگیرید، یا داده را با قالب ‎.jsonl یا ‎.csv ذخیره کنید."


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


class DatasetStep(DatasetProblem):
    """A step cannot be done on these rows; `field` says which one of it."""

    code = "dataset_step"
    en = "Step {place} ({kind}) cannot be done on this dataset: {reason}"
    fa = "گام {place} ({kind}) روی این مجموعه‌داده شدنی نیست: {reason_fa}"
    hint_en = "Change or remove this step. Nothing was made."
    hint_fa = "این گام را عوض کنید یا بردارید. چیزی ساخته نشده است."


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


class StillCounting(DatasetProblem):
    """Something that is made once, such as the analysis of old data, is not there yet."""

    code = "still_counting"
    status = 503
    en = "This is being counted for the first time, and it is large."
    fa = "این برای نخستین بار شمرده می‌شود و بزرگ است."
    hint_en = "Ask again in a moment; the counting goes on."
    hint_fa = "کمی بعد دوباره بپرسید؛ شمارش ادامه دارد."
