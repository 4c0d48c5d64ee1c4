"""Spreadsheet files by their first bytes, whatever they are called."""

import struct
import zipfile

import openpyxl
import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from mebench.datasets import annotations, load
from mebench.datasets.sheets import read_sheet
from mebench.datasets.workbooks import worksheets
from mebench.errors import BadInput, DataNotFound

from .random_sheets import theme

COLUMNS = {"subject": ("Subject",), "onset": ("Onset",), "au": ("AU",)}
ROWS = [["Subject", "Onset", "AU"], ["01", 46, "4,7"], ["02", 7, "12"]]
READ = [["01", "02"], [46, 7], ["4,7", "12"]]


def read(path):
    sheet = read_sheet(path, COLUMNS)
    return [sheet.text("subject"), sheet.integers("onset"), sheet.text("au")]


def xls(path, rows=ROWS):
    book = xlwt.Workbook()
    page = book.add_sheet("Sheet1")
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            page.write(i, j, value)
    book.save(str(path))
    return path


def ods(path, rows=ROWS, repeat=1):
    document = OpenDocumentSpreadsheet()
    page = Table(name="Sheet1")
    for row in rows:
        line = TableRow()
        for value in row:
            cell = TableCell(valuetype="float", value=str(value)) if isinstance(value, int) else \
                TableCell(valuetype="string")  # fmt: skip
            if isinstance(value, str):
                cell.addElement(P(text=value))
            line.addElement(cell)
        page.addElement(line)
    if repeat > 1:
        page.addElement(TableRow(numberrowsrepeated=str(repeat)))
        last = TableRow()
        last.addElement(TableCell(numbercolumnsrepeated=str(repeat)))
        far = TableCell(valuetype="string")
        far.addElement(P(text="far"))
        last.addElement(far)
        page.addElement(last)
    document.spreadsheet.addElement(page)
    document.write(str(path))
    return path


def text(path, content, encoding="utf-8"):
    path.write_bytes(content.encode(encoding))
    return path


def test_a_theme_behind_an_xls(tmp_path):
    path = xls(tmp_path / "a.xls")
    path.write_bytes(path.read_bytes() + theme())
    assert zipfile.is_zipfile(path)  # which is what deceives
    assert read(path) == READ


@pytest.mark.parametrize("name", ["a.xls", "a.xlsx", "a.ods", "a.csv", "a"])
def test_the_name_of_a_file_says_nothing(tmp_path, name):
    assert read(xls(tmp_path / name)) == READ
    assert read(ods(tmp_path / name)) == READ
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    with (tmp_path / name).open("wb") as file:
        book.save(file)
    assert read(tmp_path / name) == READ
    assert read(text(tmp_path / name, 'Subject,Onset,AU\n01,46,"4,7"\n02,7,12\n')) == READ


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text(tmp_path, separator, end, encoding):
    lines = ["a title", "", separator.join(ROWS[0]), separator.join(["01", "46.0", '"4,7"']),
             separator.join(["02", " 7", "12"]), ""]  # fmt: skip
    assert read(text(tmp_path / "a.csv", end.join(lines), encoding)) == READ


@pytest.mark.parametrize(
    "encoding, name", [("gbk", "GBK"), ("utf-16-le", "UTF-16"), ("latin-1", "Latin-1")]
)
def test_text_in_another_code_gets_a_hint(tmp_path, encoding, name):
    word = "é" if encoding == "latin-1" else "惊讶"
    path = text(tmp_path / "a.csv", f"Subject,Onset,AU\n{word},46,4\n", encoding)
    with pytest.raises(BadInput, match=name if encoding != "utf-16-le" else "UTF-16|neither"):
        read(path)


def test_a_comma_too_many_moves_no_cell(tmp_path):
    path = text(tmp_path / "a.csv", "Subject,Onset,AU\n01,46,4,7\n02,7,12\n")
    with pytest.raises(BadInput, match=r"line 2: 4 cells, where line 1 has 3.*quotation marks"):
        read(path)


def test_a_web_page_called_xls(tmp_path):
    with pytest.raises(BadInput, match="holds a web page or XML"):
        read(text(tmp_path / "a.xls", "<html><table><tr><td>Subject</td></tr></table></html>"))


@pytest.mark.parametrize("data", [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), b"PK\x03\x04x"])
def test_damaged_workbooks(tmp_path, data):
    (tmp_path / "a.xls").write_bytes(data)
    with pytest.raises(BadInput, match="cannot be read as an Excel file"):
        worksheets(tmp_path / "a.xls")
    with pytest.raises(DataNotFound):
        worksheets(tmp_path / "b.xls")


def test_a_cell_in_the_far_corner_takes_no_memory(tmp_path):
    with pytest.raises(BadInput, match="far beyond any annotation sheet"):
        worksheets(ods(tmp_path / "a.ods", repeat=900_000))
    assert len(worksheets(ods(tmp_path / "b.ods", repeat=2))["Sheet1"]) == 6


def test_dates_and_truth_values_of_an_xls(tmp_path):
    book = xlwt.Workbook()
    page = book.add_sheet("a")
    page.write(0, 0, True)
    page.write(0, 1, 41000, xlwt.easyxf(num_format_str="YYYY-MM-DD"))
    book.save(str(tmp_path / "a.xls"))
    found = worksheets(tmp_path / "a.xls")["a"].iloc[0].tolist()
    assert found[0] is True and str(found[1]).startswith("2012-04-01")


def test_one_header_twice(tmp_path):
    rows = [["Subject", "Onset", "AU", "onset"], ["01", 46, "4", 46]]
    assert read(xls(tmp_path / "a.xls", rows))[1] == [46]
    rows[1][3] = 47
    with pytest.raises(BadInput, match="'Onset' stands twice, and the cells differ"):
        read(xls(tmp_path / "a.xls", rows))


@pytest.mark.parametrize("cell", ["2_1", "7_0", "1e3", "0x10"])
def test_a_number_that_only_a_program_would_read(tmp_path, cell):
    with pytest.raises(BadInput, match="should be a whole number"):
        read(xls(tmp_path / "a.xls", [ROWS[0], ["01", cell, "4"]]))


def test_a_smic_tree_with_a_sheet_of_somebodys(tmp_path):
    from mebench.synthetic import write_corpus

    root = write_corpus("smic-hs", tmp_path / "SMIC", clips=4, subjects=2, plain=True)
    before = annotations("smic-hs", root=root)
    for name in ("results.xlsx", "results.xls", "numbers.ods"):
        xls(root / name, [["method", "UF1"], ["mine", 0.9]])
        (root / "features.csv").write_text("a,b\n1,2\n")
    assert annotations("smic-hs", root=root).equals(before)
    assert len(load("smic-hs", root=root)) == 4
    (root / "SMIC-HS-E_annotation_2019.xlsx").write_bytes(struct.pack("<Q", 7) * 90)
    assert len(load("smic-hs", root=root)) == 4  # it is not needed, so the notes say it


def test_other_tables_beside_a_sheet(casme2):
    """Somebody's results stop nothing, whether or not they come first by name."""
    wanted = annotations("casme2", root=casme2)
    (casme2 / "CASME2-coding-20140508.xlsx").rename(casme2 / "labels.xlsx")
    for name in ("a results.xlsx", "zz.xls"):
        xls(casme2 / name, [["method", "UF1"], ["mine", 0.9]])
    assert annotations("casme2", root=casme2).equals(wanted)


def test_the_column_of_the_sheet_goes_before_the_other_file(casme2, sheet, objective, rows):
    header = ["Subject", "Filename", None, "OnsetFrame", "ApexFrame", "OffsetFrame", None,
              "Action Units", "Estimated Emotion", "Objective Classes"]  # fmt: skip
    official = ["VII", 2, "", "III", "/"]
    sheet(casme2 / "CASME2-coding-20140508.xlsx",
          [(*row, c) for row, c in zip(rows, official, strict=True)], header)  # fmt: skip
    objective(casme2 / "CASME2-ObjectiveClasses.xlsx", [(r[0], r[1], "V") for r in rows])
    table = annotations("casme2", root=casme2)
    assert table["objective_class"].tolist() == ["VII", "II", "V", "III", "V"]
    said = [n for n in table.attrs["notes"] if n.startswith("objective classes from")]
    assert [n.split("from ")[1][:10] for n in said] == ["CASME2-cod", "CASME2-Obj"]


def test_a_csv_sheet_of_casme2(casme2):
    wanted = annotations("casme2", root=casme2)
    path = casme2 / "CASME2-coding-20140508.xlsx"
    book = openpyxl.load_workbook(path)
    lines = [[("" if v is None else str(v)) for v in row] for row in book.active.values]
    path.unlink()
    (casme2 / "CASME2-coding-20140508.csv").write_text("\r\n".join(map(";".join, lines)))
    assert annotations("casme2", root=casme2).equals(wanted)
