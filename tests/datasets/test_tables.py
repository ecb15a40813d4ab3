"""Workbooks and parquet: what their cells become, and what is damaged or hostile in them."""

import datetime
import decimal
import io
import json
import zipfile

import openpyxl
import pyarrow as pa
import pytest
from pyarrow import parquet

from jupyter_persian_ai import errors
from jupyter_persian_ai.datasets.importing import import_file
from jupyter_persian_ai.datasets.peeking import peek
from jupyter_persian_ai.datasets.rows import iterate
from jupyter_persian_ai.protocol.versions import Peek

MIDNIGHT = datetime.datetime(2024, 3, 20)  # noqa: DTZ001 - workbooks know no zones


def workbook(*sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def changed(content, name, change):
    """The workbook with one of its files changed."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(held, "w", 8) as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info.filename, change(data) if info.filename == name else data)
    return held.getvalue()


def table(columns, metadata=None, **options):
    held = io.BytesIO()
    made = pa.table(columns)
    if metadata:
        made = made.replace_schema_metadata(metadata)
    parquet.write_table(made, held, **options)
    return held.getvalue()


@pytest.fixture
def read(tmp_path):
    def run(name, content, **asked):
        path = tmp_path / name
        path.write_bytes(content)
        out = tmp_path / "out"
        payload = {"path": str(path), "out_dir": str(out), **asked}
        report = import_file(payload)["report"]
        assert Peek.model_validate(peek(payload)).rows[: len(report["preview"])]
        kept = [(one["file"], one["line"], one["code"]) for one in report["problems"]]
        return list(iterate(out)), kept

    return run


class TestWorkbooks:
    def test_cells_become_text(self, read):
        cells = [
            "متن", 12, 1.5, 3.0, True, MIDNIGHT, MIDNIGHT + datetime.timedelta(hours=13, minutes=5),
            datetime.time(9, 30),
        ]  # fmt: skip
        rows = [["prompt", "answer"], *[["p", cell] for cell in cells]]
        kept, problems = read("a.xlsx", workbook(("داده", rows)))
        assert [row["answer"] for row in kept] == [
            "متن", "12", "1.5", "3", "true", "2024-03-20", "2024-03-20 13:05:00", "09:30:00",
        ]  # fmt: skip
        assert problems == []

    def test_faults_name_sheet_and_row(self, read):
        rows = [
            ["prompt", "answer"], ["a", "b"], ["a", None], [None, None], ["a", "=B2&1"],
            ["a", "#N/A"], ["a", "b", "c"], ["a"],
        ]  # fmt: skip
        kept, problems = read("a.xlsx", workbook(("برگه", rows)))
        assert kept == [{"prompt": "a", "answer": "b"}]
        assert problems == [
            ("برگه", 3, "empty"),
            ("برگه", 5, "cell_formula"),
            ("برگه", 6, "cell_error"),
            ("برگه", 7, "ragged"),
            ("برگه", 8, "empty"),
        ]

    def test_a_formula_is_what_it_came_to(self, read):
        content = workbook(("s", [["text"], ["=1+1"]]))
        worked = changed(
            content,
            "xl/worksheets/sheet1.xml",
            lambda data: data.replace(b"<v />", b"<v>2</v>").replace(b"<v/>", b"<v>2</v>"),
        )
        kept, problems = read("a.xlsx", worked)
        assert (kept, problems) == ([{"text": "2"}], [])

    def test_merged_cells_hold_the_first_value(self, read):
        book = openpyxl.Workbook()
        for row in (["text", "label"], ["a b", "خوب"], ["c d", None]):
            book.active.append(row)
        book.active.merge_cells("B2:B3")
        held = io.BytesIO()
        book.save(held)
        kept, problems = read("a.xlsx", held.getvalue())
        assert kept == [{"text": "a b", "label": "خوب"}]
        assert problems == [("Sheet", 3, "no_label")]

    def test_sheets_are_members(self, read):
        content = workbook(
            ("یک", [["text"], ["a"]]),
            ("دو", [["text"], ["b"]]),
            ("تهی", []),
            ("x", [["p", "q"], ["1", "2"]]),
        )
        kept, problems = read("a.xlsx", content)
        assert [row["text"] for row in kept] == ["a", "b"]
        assert problems == [("x", 0, "other_fields")]
        kept, problems = read("a.xlsx", content, members=["دو"])
        assert ([row["text"] for row in kept], problems) == (["b"], [])


def test_strings_that_sheets_share(read):
    kept, problems = read("a.xlsx", shared(strings("سلام".encode())))
    assert (kept, problems) == ([{"text": "سلام"}], [])


class TestParquet:
    def test_types(self, read):
        kept, _ = read(
            "a.parquet",
            table(
                {
                    "text": ["یک", "دو"],
                    "when": [MIDNIGHT, None],
                    "price": [decimal.Decimal("1.50"), None],
                    "nested": [{"a": [{"b": datetime.date(2024, 1, 1)}]}, None],
                    "big": [2**62, -1],
                }
            ),
        )
        assert kept == [{"text": "یک"}, {"text": "دو"}]

    @pytest.mark.parametrize(
        ("values", "kept"),
        [
            (pa.array(["a", None]), [{"text": "a"}]),
            (pa.array(["a", "b"], pa.large_string()), [{"text": "a"}, {"text": "b"}]),
            (pa.array(["a", "a"]).dictionary_encode(), [{"text": "a"}, {"text": "a"}]),
            (pa.array([datetime.date(2024, 1, 2)]), [{"text": "2024-01-02"}]),
            (pa.array([decimal.Decimal("1.5")]), [{"text": "1.5"}]),
        ],
        ids=["null", "large", "dictionary", "date", "decimal"],
    )
    def test_texts(self, read, values, kept):
        found, problems = read("a.parquet", table({"text": values}))
        assert found == kept
        assert [line for _, line, _ in problems] == list(range(len(kept) + 1, len(values) + 1))

    @pytest.mark.parametrize(
        "values", [[1, 2], [b"\xff", b"a"], [["a"], ["b"]], [None, None], [1.5, 2.5]]
    )
    def test_no_texts(self, read, values):
        with pytest.raises(errors.DatasetProblem) as caught:
            read("a.parquet", table({"text": values}))
        assert isinstance(caught.value, errors.DatasetFields)

    def test_conversations_and_tags(self, read):
        turns = [[{"role": "user", "content": "چه؟"}, {"role": "assistant", "content": "هیچ"}]]
        kept, _ = read("a.parquet", table({"messages": turns}))
        assert kept == [{"messages": turns[0]}]

    def test_class_labels_get_their_names(self, read):
        label = {"_type": "ClassLabel", "names": ["بد", "خوب"]}
        features = {"info": {"features": {"label": label}}}
        content = table(
            {"text": ["a", "b", "c"], "label": [1, 0, -1]}, {"huggingface": json.dumps(features)}
        )
        kept, problems = read("a.parquet", content)
        assert [row["label"] for row in kept] == ["خوب", "بد"]
        assert problems == [("a.parquet", 3, "no_label")]
        tags = {"_type": "ClassLabel", "names": ["O", "B-PER"]}
        features = {"info": {"features": {"ner_tags": {"_type": "List", "feature": tags}}}}
        content = table(
            {"tokens": [["a", "b"]], "ner_tags": [[1, 0]]}, {"huggingface": json.dumps(features)}
        )
        assert read("a.parquet", content)[0] == [{"tokens": ["a", "b"], "tags": ["B-PER", "O"]}]

    def test_many_row_groups(self, read):
        content = table({"text": [f"row {n}" for n in range(5000)]}, row_group_size=700)
        kept, _ = read("a.parquet", content)
        assert [row["text"] for row in kept] == [f"row {n}" for n in range(5000)]


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%b">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
    + b"]>"
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
BOOK = workbook(("s", [["text"], ["سلام"]]))
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


def shared(strings):
    """The workbook with its two strings in a part that sheets share, as Excel writes them."""
    rows = b"".join(
        b'<row r="%d"><c r="A%d" t="s"><v>%d</v></c></row>' % (row, row, row - 1) for row in (1, 2)
    )
    part = (
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.'
        b'openxmlformats-officedocument.spreadsheetml.sharedStrings+xml" /></Types>'
    )

    def sheet(data):
        start, end = data.index(b"<sheetData>") + len(b"<sheetData>"), data.index(b"</sheetData>")
        return data[:start] + rows + data[end:]

    content = changed(BOOK, SHEET, sheet)
    content = changed(content, "[Content_Types].xml", lambda data: data.replace(b"</Types>", part))
    held = io.BytesIO(content)
    with zipfile.ZipFile(held, "a") as archive:
        archive.writestr(STRINGS, strings)
    return held.getvalue()


def strings(second, doctype=b""):
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return doctype + b'<sst xmlns="%b"><si><t>text</t></si><si><t>%b</t></si></sst>' % (
        main,
        second,
    )


def with_doctype(doctype):
    return lambda data: doctype + (data[data.index(b"?>") + 2 :] if b"?>" in data else data)


def wide(data):
    return data.replace(b'r="A2"', b'r="ZZZ2"')


def far(data):
    return data.replace(b'<row r="2"', b'<row r="99999999999"').replace(
        b'r="A2"', b'r="A99999999999"'
    )


def sheet_bomb(data):
    row = b'<row r="2"><c r="A2" t="inlineStr"><is><t>' + b"a" * (40 << 20) + b"</t></is></c></row>"
    return data.replace(b"</sheetData>", row + b"</sheetData>")


PARQUET = table({"text": [f"row {n}" for n in range(500)]})
FOOTER = len(PARQUET) - 8 - int.from_bytes(PARQUET[-8:-4], "little")

#: id, file name, bytes, error.
HOSTILE = [
    (
        "billion laughs",
        "a.xlsx",
        shared(strings(b"&m;", LAUGHS)),
        errors.DatasetDamaged,
    ),
    (
        "entity of a file",
        "a.xlsx",
        shared(strings(b"&a;", OUTSIDE)),
        errors.DatasetDamaged,
    ),
    (
        "laughs in the sheet",
        "a.xlsx",
        changed(BOOK, SHEET, with_doctype(LAUGHS)),
        errors.DatasetDamaged,
    ),
    ("column ZZZ", "a.xlsx", changed(BOOK, SHEET, wide), errors.DatasetLimit),
    ("row of eleven digits", "a.xlsx", changed(BOOK, SHEET, far), errors.DatasetLimit),
    ("bomb in a sheet", "a.xlsx", changed(BOOK, SHEET, sheet_bomb), errors.DatasetLimit),
    (
        "cut sheet",
        "a.xlsx",
        changed(BOOK, SHEET, lambda data: data[: len(data) // 2]),
        errors.DatasetDamaged,
    ),
    (
        "wrong string",
        "a.xlsx",
        shared(strings(b"a").replace(b"<si><t>text</t></si>", b"")),
        errors.DatasetDamaged,
    ),
    ("no strings", "a.xlsx", shared(b""), errors.DatasetDamaged),
    (
        "no workbook",
        "a.xlsx",
        changed(BOOK, "xl/workbook.xml", lambda _: b"<a/>"),
        errors.DatasetEmpty,
    ),
    (
        "zip of something else",
        "a.xlsx",
        changed(BOOK, "[Content_Types].xml", lambda _: b"<a/>"),
        errors.DatasetDamaged,
    ),
    ("cut workbook", "a.xlsx", BOOK[:-40], errors.DatasetDamaged),
    ("text named xlsx", "a.xlsx", b"text\na\n", errors.DatasetDamaged),
    ("nothing named xlsx", "a.xlsx", b"", errors.DatasetDamaged),
    (
        "twin columns",
        "a.xlsx",
        workbook(("s", [["text", "text"], ["a", "b"]])),
        errors.DatasetFormat,
    ),
    ("no sheet with rows", "a.xlsx", workbook(("s", [])), errors.DatasetEmpty),
    ("header alone", "a.xlsx", workbook(("s", [["text"]])), errors.DatasetEmpty),
    ("cut parquet", "a.parquet", PARQUET[:-20], errors.DatasetDamaged),
    (
        "parquet without its middle",
        "a.parquet",
        PARQUET[:40] + PARQUET[-400:],
        errors.DatasetDamaged,
    ),
    (
        "wrong footer",
        "a.parquet",
        PARQUET[:FOOTER] + bytes(40) + PARQUET[FOOTER + 40 :],
        errors.DatasetDamaged,
    ),
    ("endless footer", "a.parquet", PARQUET[:-8] + b"\xff\xff\xff\x7fPAR1", errors.DatasetDamaged),
    (
        "flipped pages",
        "a.parquet",
        PARQUET[:8] + b"\xff" * 60 + PARQUET[68:],
        errors.DatasetDamaged,
    ),
    ("text named parquet", "a.parquet", b"text\na\n", errors.DatasetDamaged),
    ("nothing named parquet", "a.parquet", b"", errors.DatasetDamaged),
    ("marks alone", "a.parquet", b"PAR1\x00\x00\x00\x00PAR1", errors.DatasetDamaged),
    ("no rows", "a.parquet", table({"text": pa.array([], pa.string())}), errors.DatasetEmpty),
    (
        "too many columns",
        "a.parquet",
        table({f"c{n}": ["a"] for n in range(2100)}),
        errors.DatasetLimit,
    ),
]


@pytest.mark.parametrize(
    ("name", "content", "error"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE]
)
def test_refused(tmp_path, name, content, error):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(errors.DatasetProblem) as caught:
        import_file({"path": str(path), "out_dir": str(tmp_path / "out")})
    assert type(caught.value) is error
    assert "root:" not in str(caught.value.details)
    json.dumps(caught.value.details)
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
