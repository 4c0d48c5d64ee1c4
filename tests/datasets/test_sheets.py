import datetime
import warnings

import openpyxl
import pytest

from mebench.datasets.sheets import cell_text, excel_files, read_sheet
from mebench.errors import BadInput, DataNotFound

COLUMNS = {
    "subject": ("Subject",),
    "clip": ("Filename", "Clip"),
    "onset": ("OnsetFrame", "Onset"),
    "apex": ("ApexFrame",),
    "au": ("Action Units",),
}


def test_xlsx_and_xls_say_the_same(tmp_path, sheet, xls, rows):
    new = read_sheet(sheet(tmp_path / "a.xlsx", rows), COLUMNS)
    old = read_sheet(xls(tmp_path / "a.xls", rows), COLUMNS)
    assert len(new) == len(old) == len(rows)
    for column in COLUMNS:
        assert new.text(column) == old.text(column)
    assert new.integers("apex", required=False) == [9, None, 10, 4, 3]
    assert new.text("au") == ["12", "4", "L1+R2", "4+7", "15"]


def test_headers_in_any_case_order_and_spacing(tmp_path, sheet):
    header = ["ACTION_UNITS", None, " onset frame", "clip", "Apex-Frame ", "subject", "else"]
    found = read_sheet(
        sheet(tmp_path / "a.xlsx", [["4", 5, "EP1", 7, "01", "x"]], header, above=13), COLUMNS
    )
    assert [found.text(c) for c in COLUMNS] == [["01"], ["EP1"], ["5"], ["7"], ["4"]]
    assert found.where(0, "onset") == "Sheet1, row 15, column 'onset frame'"


def test_the_preferred_header_wins(tmp_path, sheet):
    path = sheet(tmp_path / "a.xlsx", [[1, 2]], ["Onset", "OnsetFrame"])
    assert read_sheet(path, {"onset": ("OnsetFrame", "Onset")}).integers("onset") == [2]


def test_the_right_worksheet_is_found(tmp_path, sheet, rows):
    path = sheet(tmp_path / "a.xlsx", rows)
    book = openpyxl.load_workbook(path)
    book.create_sheet("remarks", 0).append(["Subject", "a remark"])
    book.save(path)
    assert read_sheet(path, COLUMNS).worksheet == "Sheet1"


def test_empty_rows_are_passed_over_and_rows_keep_their_number(tmp_path, sheet, rows):
    path = sheet(
        tmp_path / "a.xlsx", [rows[0], [None] * 7, [" "] * 7, ["01", "EP9", "x", 1, 2, 3, 4]]
    )
    found = read_sheet(path, COLUMNS)
    assert list(found.cells.index) == [0, 3]
    with pytest.raises(BadInput, match=r"a\.xlsx: Sheet1, row 5, column 'OnsetFrame' holds 'x'"):
        found.integers("onset")


@pytest.mark.parametrize(
    "value", ["x", 5.5, "5 6", True, "=NA()", datetime.date(2014, 5, 8), "inf"]
)
def test_garbage_is_named_by_row_and_column(tmp_path, sheet, rows, value):
    bad = [rows[0], ["01", "EP9", value, "/", 3, "4", "others"]]
    found = read_sheet(sheet(tmp_path / "a.xlsx", bad), COLUMNS)
    for required in (True, False):
        if value == "=NA()" and not required:
            continue  # a formula never computed is an empty cell
        with pytest.raises(BadInput, match=r"row 3, column 'OnsetFrame'.*whole number.*sheet="):
            found.integers("onset", required=required)


@pytest.mark.parametrize("value", [None, "", "/", " / ", "-", "nan", "N/A"])
def test_blank_numbers(tmp_path, sheet, value):
    found = read_sheet(sheet(tmp_path / "a.xlsx", [["1", "E", value, value, 3, "4", "o"]]), COLUMNS)
    assert found.integers("apex", required=False) == [None]
    with pytest.raises(BadInput, match="row 2, column 'OnsetFrame'"):
        found.integers("onset")


@pytest.mark.parametrize("value", [46, 46.0, "46", " 46 ", "46.0", "\u00a046"])
def test_whole_numbers_however_written(tmp_path, sheet, value):
    found = read_sheet(sheet(tmp_path / "a.xlsx", [["1", "E", value, 1, 3, "4", "o"]]), COLUMNS)
    assert found.integers("onset") == [46]


def test_all_bad_cells_are_listed_up_to_ten(tmp_path, sheet):
    path = sheet(tmp_path / "a.xlsx", [["1", "E", "x", 1, 3, "4", "o"]] * 12)
    with pytest.raises(BadInput, match=r"row 2, .*row 11, .*and 2 more"):
        read_sheet(path, COLUMNS).integers("onset")


def test_a_renamed_column(tmp_path, sheet):
    path = sheet(tmp_path / "a.xlsx", [["1", "E"]], ["Subject", "Name"])
    with pytest.raises(BadInput, match=r"column\(s\) Filename, OnsetFrame.*found is Subject, Name"):
        read_sheet(path, COLUMNS, optional=("apex", "au"))


def test_an_optional_column_may_lack(tmp_path, sheet):
    path = sheet(tmp_path / "a.xlsx", [["1", "E", 3]], ["Subject", "Clip", "Onset"])
    assert "apex" not in read_sheet(path, COLUMNS, optional=("apex", "au")).written


def test_words_that_pandas_takes_for_missing_stay_words(tmp_path, sheet):
    path = sheet(tmp_path / "a.xlsx", [["NA", "None", 3, 4, 5, "null", "o"]])
    found = read_sheet(path, COLUMNS)
    assert found.text("subject") == ["NA"] and found.text("au") == ["null"]


def test_files_that_are_no_sheets(tmp_path):
    with pytest.raises(DataNotFound, match="does not exist"):
        read_sheet(tmp_path / "a.xlsx", COLUMNS)
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(BadInput, match="cannot be read as an Excel file"):
        read_sheet(tmp_path / "a.xlsx", COLUMNS)
    (tmp_path / "b.xls").write_bytes(b"")
    with pytest.raises(BadInput, match="cannot be read as an Excel file"):
        read_sheet(tmp_path / "b.xls", COLUMNS)


def test_an_empty_workbook(tmp_path):
    openpyxl.Workbook().save(tmp_path / "a.xlsx")
    with pytest.raises(BadInput, match="nearest header found is empty"):
        read_sheet(tmp_path / "a.xlsx", COLUMNS)


def test_required_text(tmp_path, sheet):
    path = sheet(tmp_path / "a.xlsx", [["1", None, 3, 4, 5, "4", "o"]])
    with pytest.raises(BadInput, match=r"row 2, column 'Filename'.*is blank"):
        read_sheet(path, COLUMNS).text("clip", required=True)


def test_lock_files_and_leftovers_are_no_sheets(tmp_path, sheet, rows):
    for name in ("b.XLS", "a.xlsx", "~$a.xlsx", "._a.xlsx", "note.txt"):
        (tmp_path / name).write_bytes(b"")
    assert [p.name for p in excel_files(tmp_path)] == ["a.xlsx", "b.XLS"]


def test_reading_is_silent(tmp_path, sheet, xls, rows):
    paths = [sheet(tmp_path / "a.xlsx", rows), xls(tmp_path / "a.xls", rows)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path in paths:
            read_sheet(path, COLUMNS)


def test_cell_text():
    assert [cell_text(v) for v in (None, float("nan"), 3.0, 3.5, " a\u00a0 b\n")] == [
        "",
        "",
        "3",
        "3.5",
        "a b",
    ]
