"""Reads .xlsx, row by row, as records of texts, like a table in a .csv.

Owns what becomes of cells: numbers, yes and no, dates and times become text; a formula is what it
last came to. A cell whose formula was never worked out, or came to an error, is a problem of its
row. Of merged cells only the first holds the value, as in the file itself. A sheet is a part.

XML is read by defusedxml, which refuses entities; loading this module does not load openpyxl.
"""

from __future__ import annotations

import datetime
import re
import warnings
import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from ..errors import DatasetFormat, DatasetLimit, PersianAIError
from .archives import open_zip
from .payload import Payload
from .problems import Problem
from .readers import Found, Record
from .unpacking import damaged, of_the_system

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

#: What Excel itself can hold, and what may be read of it.
_ROWS, _COLUMNS = 1_048_576, 2000
#: Everything but sheets is held in memory, several times its size.
_HELD_BYTES = 256 << 20
_AT_ONCE = 200
_ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_MIDNIGHT = datetime.time()


class Sheets:
    """An open workbook.

    Raises:
        DatasetDamaged: it is none, or not all of it is there, or its XML is not to be trusted.
        DatasetLimit: it unpacks to too much.

    """

    def __init__(self, handle: BinaryIO, name: str, payload: Payload) -> None:
        self.name = name
        self._handle = handle
        with open_zip(handle, name, "xlsx", payload) as archive:
            held = [
                one.file_size for one in archive.infolist() if "worksheets/" not in one.filename
            ]
            if sum(held) > _HELD_BYTES:
                raise DatasetLimit(
                    name=name,
                    what="size of the shared strings",
                    what_fa="اندازهٔ رشته‌های مشترک",
                    limit=f"{_HELD_BYTES} bytes",
                )
            formulas = any(_has_formulas(archive, one) for one in archive.infolist())
        self._values = self._opened(data_only=True)
        self._formulas = self._opened(data_only=False) if formulas else None

    @property
    def names(self) -> list[str]:
        """The sheets that hold cells."""
        return [sheet.title for sheet in self._values.worksheets]

    def records(self, sheet: str) -> Found:
        """The rows of a sheet below its header; `line` is the row in the sheet, from 1.

        Raises:
            DatasetFormat: two columns have one name.
            DatasetProblem: as for the workbook.

        """
        header: list[str] = []
        for number, row, problem in self._rows(sheet):
            if problem is not None:
                yield problem
            elif not header:
                header = self._header(row, number)
            elif any(row):
                cells = row + [""] * (len(header) - len(row))
                if any(cells[len(header) :]):
                    what = f"{len(cells)} ≠ {len(header)}"
                    yield Problem(number, "ragged", what, " · ".join(cells[:20]))
                else:
                    yield Record(number, dict(zip(header, cells, strict=False)))

    def _header(self, cells: list[str], number: int) -> list[str]:
        while cells and not cells[-1].strip():
            cells.pop()
        names = [cell.strip() or f"column_{place}" for place, cell in enumerate(cells, start=1)]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise DatasetFormat(
                name=self.name,
                format="xlsx",
                line=number,
                reason=f"two columns are named “{twice[:40]}”",
                reason_fa=f"نام دو ستون «{twice[:40]}» است",
            )
        return names

    def _rows(self, sheet: str) -> Iterator[tuple[int, list[str], Problem | None]]:
        formulas = self._rows_of(self._formulas, sheet) if self._formulas else None
        for number, row in enumerate(self._rows_of(self._values, sheet), start=1):
            if number > _ROWS:
                raise DatasetLimit(
                    name=self.name, what="number of rows", what_fa="شمار سطرها", limit=_ROWS
                )
            if len(row) > _COLUMNS:
                raise DatasetLimit(
                    name=self.name,
                    what=f"number of columns in row {number}",
                    what_fa=f"شمار ستون‌های سطر {number}",
                    limit=_COLUMNS,
                    line=number,
                )
            asked = next(formulas, ()) if formulas else ()
            cells = [_text(value) for value in row]
            yield number, cells, _fault(number, row, asked)

    def _rows_of(self, book: Workbook, sheet: str) -> Iterator[tuple[Any, ...]]:
        found = book[sheet]
        # What the sheet says of its own size is not to be trusted: rows would be padded to it.
        found.reset_dimensions()
        rows = found.iter_rows(min_row=1, min_col=1, values_only=True)
        while True:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    some = list(islice(rows, _AT_ONCE))
            except Exception as error:
                raise self._translated(error) from error
            if not some:
                return
            yield from some

    def _opened(self, *, data_only: bool) -> Workbook:
        from openpyxl import load_workbook  # noqa: PLC0415 - only where there is such a file
        from openpyxl.xml import DEFUSEDXML  # noqa: PLC0415

        if not DEFUSEDXML:
            raise RuntimeError("openpyxl does not use defusedxml")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return load_workbook(
                    self._handle, read_only=True, data_only=data_only, keep_links=False
                )
        except Exception as error:
            raise self._translated(error) from error

    def _translated(self, error: Exception) -> Exception:
        """The library fails in many ways on a file that is damaged; each is one of ours."""
        kept = isinstance(error, PersianAIError | MemoryError)
        if kept or (isinstance(error, OSError) and of_the_system(error)):
            return error
        return damaged(self.name, "xlsx", f"{type(error).__name__}: {error}")


def _has_formulas(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    if "worksheets/" not in info.filename or not info.filename.endswith(".xml"):
        return False
    end = b""
    try:
        with archive.open(info) as file:
            while block := file.read(1 << 20):
                if _FORMULA.search(end + block):
                    return True
                end = block[-20:]
    except Exception:  # noqa: BLE001 - whoever reads the cells says what is wrong
        return False
    return False


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime):
        # A date without a time is a date.
        whole = value.time() == _MIDNIGHT
        return value.date().isoformat() if whole else value.isoformat(sep=" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def _fault(number: int, row: tuple[Any, ...], asked: tuple[Any, ...]) -> Problem | None:
    """The first cell of a row that is an error, or a formula without a value."""
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    for place, value in enumerate(row, start=1):
        if isinstance(value, str) and value in _ERRORS:
            return Problem(number, "cell_error", f"{get_column_letter(place)}{number} {value}")
    for place, formula in enumerate(asked, start=1):
        value = row[place - 1] if place <= len(row) else None
        if value is None and formula is not None:
            return Problem(number, "cell_formula", f"{get_column_letter(place)}{number}")
    return None
