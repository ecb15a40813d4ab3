"""What the registry of models refuses."""

from __future__ import annotations

from .requests import Conflict


class ModelInUse(Conflict):
    """Something under way needs the model, or the version."""

    code = "model_in_use"
    en = "This model is needed by: {users}"
    fa = "این مدل را اینها لازم دارند: {users_fa}"
    hint_en = "Stop what needs it, or unload it from memory, and delete it then."
    hint_fa = "آنچه به آن نیاز دارد را متوقف کنید یا آن را از حافظه بیرون ببرید و سپس حذف کنید."
