"""What is peculiar to one database: its sheets, its folders, its known faults."""

import cv2
import numpy as np
import openpyxl
import pytest

from mebench.datasets import annotations, load
from mebench.datasets.check import check
from mebench.errors import BadInput, DataNotFound
from mebench.synthetic import write_corpus


def make(name, out, **options):
    return write_corpus(name, out / name, **{"subjects": 3, "clips": 9, "plain": True, **options})


def rows_of(path):
    return list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))


def rewrite(path, change, sheet=0):
    book = openpyxl.load_workbook(path)
    change(book.worksheets[sheet])
    book.save(path)


SAMM_HEADER = (
    *("Subject", "Filename", "Inducement Code", "Onset Frame", "Apex Frame", "Offset Frame"),
    *("Duration", "Micro", "Action Units", "Estimated Emotion", "Objective Classes", "Notes"),
)


def samm(tmp_path, sheet, frames, rows):
    root = tmp_path / "SAMM root"
    full = [(s, c, 1, a, b, d, d - a, "Micro", u, e, k, None) for s, c, a, b, d, u, e, k in rows]
    sheet(root / "SAMM_Micro_FACS_Codes_v2.xlsx", full, SAMM_HEADER, above=13)
    for s, c, a, _, d, *_ in rows:
        frames(root / "SAMM" / f"{int(s):03}" / c, range(a, max(a, d) + 40), f"{int(s):03}_0")
    return root


def test_samm_header_in_row_14_and_subjects_of_three_digits(tmp_path, sheet, frames):
    rows = [(6, "006_1_2", 60, 65, 70, "AU4+AU7", "Anger", 3)]
    table = load("samm", root=samm(tmp_path, sheet, frames, rows)).table
    assert table.loc[0, ["subject", "clip", "emotion"]].tolist() == ["006", "006_1_2", "anger"]
    assert table.loc[0, "objective_class"] == "III"


def test_samm_known_wrong_marks_are_corrected(tmp_path, sheet, frames):
    rows = [
        (13, "013_1_9", 5719, 5730, 5700, "4", "Anger", 3),
        (28, "028_4_1", 1090, 990, 1120, "4", "Anger", 3),
        (32, "032_3_1", 4930, 4940, 4960, "4", "Anger", 3),
    ]
    samples = load("samm", root=samm(tmp_path, sheet, frames, rows))
    assert samples.table["offset"].tolist() == [5739, 1120, 4960]
    assert samples.table["apex"].tolist() == [5730, 1105, 4940]
    assert samples.table["apex_source"].tolist() == ["annotated", "corrected", "annotated"]
    note = next(n for n in samples.notes if "known wrong" in n)
    assert note.startswith("2 known wrong cells corrected: 013/013_1_9 offset 5700 → 5739")


def test_samm_or_takes_the_first(tmp_path, sheet, frames):
    rows = [(6, "006_1_2", 60, 65, 70, "R12 or R15", "Anger", None)]
    root = samm(tmp_path, sheet, frames, rows)
    assert load("samm", root=root, labels="au12").y.tolist() == ["present"]
    assert load("samm", root=root, labels="au15").y.tolist() == ["absent"]
    assert annotations("samm", root=root)["objective_class"].tolist() == ["I"]


def test_casme_repeated_names_have_the_onset_in_their_id(tmp_path):
    root = make("casme", tmp_path, clips=60)
    ids = annotations("casme", root=root)["clip_id"]
    assert ids.is_unique and ids.str.count("/").isin([2, 3]).all()
    assert (ids.str.count("/") == 3).any()


def test_casme_second_apex_stands_in_for_no_first(tmp_path):
    root = make("casme", tmp_path)

    def move(page):
        page["F2"].value, page["E2"].value = page["E2"].value, "/"

    before = annotations("casme", root=root)
    rewrite(root / "CASME.xlsx", move)
    assert annotations("casme", root=root).equals(before)


def test_casme_sq_naming_rules(tmp_path):
    root = make("casme-sq", tmp_path)
    path = root / "CAS(ME)^2code_final.xlsx"
    table = annotations("casme-sq", root=root)
    assert set(table["subject"]) == {"s15", "s16", "s17"}
    assert any("macro-expressions passed over" in n for n in table.attrs["notes"])

    film = table.loc[0, "clip"].split("_")[0]

    def forget(page):
        row = next(r for r in page.iter_rows() if r[1].value == film)
        page.delete_rows(row[0].row)

    rewrite(path, forget, sheet=2)
    with pytest.raises(BadInput, match=rf"do not say in which folder {film}_\d.* lies"):
        load("casme-sq", root=root)
    book = openpyxl.load_workbook(path)
    del book["naming rule1"]
    book.save(path)
    with pytest.raises(BadInput, match=r"the worksheet naming rule1.* was not found"):
        load("casme-sq", root=root)


def test_casme_sq_offset_of_0(tmp_path):
    root = make("casme-sq", tmp_path)

    def zero(page):
        row = next(r for r in page.iter_rows() if r[7].value == "micro-expression")
        row[4].value = 0

    rewrite(root / "CAS(ME)^2code_final.xlsx", zero)
    table = annotations("casme-sq", root=root)
    assert table.loc[0, "offset"] == table.loc[0, "apex"]
    assert "1 offsets of 0 or blank: the apex ends the clip" in table.attrs["notes"]
    assert len(load("casme-sq", root=root)) == 9


def test_casme3a_offset_of_0_is_the_apex_unless_known(tmp_path, sheet, frames):
    header = ("Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion")
    rows = [
        ("spNO.40", "e", 1830, 1836, 0, "4", "III", "disgust"),
        ("spNO.40", "e", 2390, 2395, 0, "4", "III", "Others"),
        ("spNO.1", "a", 10, 14, 0, "12", "I", "happy"),
    ]
    root = tmp_path / "c3"
    sheet(root / "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", rows, header)
    frames(root / "spNO.40" / "E" / "color", [*range(1825, 1850), *range(2385, 2410)], "")
    frames(root / "spNO.1" / "a" / "color", range(1, 40), "")
    samples = load("casme3a", root=root)
    assert samples.table["offset"].tolist()[:2] == [1845, 2403]
    assert [len(c) for c in samples.clips] == [16, 14, 5]
    notes = "\n".join(samples.notes)
    assert "2 known wrong cells corrected" in notes
    assert "taken to the apex, which ends them: spNO.1/a (14)" in notes
    assert samples.table["label"].tolist() == ["negative", "others", "positive"]
    found = [f.what for f in check("casme3a", root).warnings]
    assert "no offset; the apex is taken" in found


def test_casme3c_has_estimated_apexes_and_full_width_commas(tmp_path):
    root = make("casme3c", tmp_path, clips=20)
    table = annotations("casme3c", root=root)
    assert set(table["apex_source"]) == {"estimated"}
    assert (table["apex"] == (table["onset"] + table["offset"]) // 2).all()
    assert len(load("casme3c", root=root, labels="au4")) == 20


def test_casme3_parts_do_not_read_each_others_sheet(tmp_path):
    a, c = make("casme3a", tmp_path), make("casme3c", tmp_path)
    for path in c.glob("*.xlsx"):
        path.rename(a / path.name)
    assert len(annotations("casme3a", root=a)) == 9
    with pytest.raises(DataNotFound, match="part_C_ME"):
        load("casme3c", root=c)


def test_4dme_clips_with_several_emotions_are_left_out_and_counted(tmp_path):
    root = make("4dme", tmp_path, clips=24)
    table = annotations("4dme", root=root)
    assert table["label"].isna().sum() == 1
    assert any("1 clips with more than one emotion" in n for n in table.attrs["notes"])
    assert not any("does not have" in n for n in table.attrs["notes"])
    # Units that are held do not count.
    assert set(load("4dme", root=root, labels="au43").y) == {"absent"}


def test_4dme_without_indicator_columns(tmp_path):
    root = make("4dme", tmp_path, clips=24)
    path = next(root.glob("*.xlsx"))
    before = annotations("4dme", root=root)["emotion"].tolist()
    header = rows_of(path)[0]
    rewrite(path, lambda page: page.delete_cols(header.index("Positive") + 1))
    after = annotations("4dme", root=root)["emotion"].tolist()
    assert [set(e.split("+")) for e in after] == [set(e.split("+")) for e in before]


def test_mmew_others_lie_in_repression(tmp_path):
    root = make("mmew", tmp_path)
    samples = load("mmew", root=root, labels="all")
    clip = samples.clips[samples.y.tolist().index("others")]
    assert "/repression/" in clip.source.paths[0]


def test_smic_cameras_in_one_folder(tmp_path):
    root = tmp_path / "SMIC"
    for name in ("smic-hs", "smic-vis", "smic-nir"):
        made = make(name, tmp_path, clips=6, seed=len(name))
        for kind in ("SMIC_all_raw", "SMIC_all_cropped"):
            camera = name.split("-")[1].upper()
            (root / kind).mkdir(parents=True, exist_ok=True)
            (made / kind / camera).rename(root / kind / camera)
    for name in ("smic-hs", "smic-vis", "smic-nir"):
        samples = load(name, root=root)
        camera = name.split("-")[1].upper()
        assert len(samples) == 6 and f"raw frames from SMIC_all_raw/{camera}" in samples.notes
        assert len(load(name, root=root / "SMIC_all_raw" / camera)) == 6
        assert len(load(name, root=root, variant="cropped")) == 6


def test_smic_long_recordings_are_cut_by_their_sheet(tmp_path, sheet, frames):
    root = tmp_path / "SMIC"
    frames(root / "HS_long" / "SMIC_HS_E" / "s01" / "s01_ne_01", range(100, 160), "image000")
    frames(root / "SMIC_all_raw" / "HS" / "s1" / "micro" / "negative" / "s1_ne_01", range(20, 25))
    header = ["Subject", "Filename", "OnsetF", "OffsetF", "Onset2F", "Offset2F", "Emotion"]
    row = [1, "s01_ne_01", 110, 118, None, None, "negative"]
    sheet(root / "SMIC-HS-E_annotation_2019.xlsx", [row], header)
    long = load("smic-hs", root=root, variant="long").clips[0]
    assert long.frames[:, 0, 0].tolist() == list(range(110, 119))
    short = load("smic-hs", root=root).clips[0]
    assert short.id == long.id and short.frames[:, 0, 0].tolist() == list(range(20, 25))


def test_version_of_the_sheet_is_recognised(tmp_path, sheet):
    root = tmp_path / "c3"
    header = ("sub", "count", "onset", "offset", "au", "emotion")
    words = [("negative", 99), ("surprise", 30), ("others", 20), ("positive", 16)]
    rows = [
        (i % 30 + 1, i, 10 * i + 1, 10 * i + 8, "4", e)
        for i, e in enumerate(e for e, n in words for _ in range(n))
    ]
    sheet(root / "CAS(ME)3_part_C_ME.xlsx", rows, header)
    notes = annotations("casme3c", root=root).attrs["notes"]
    assert notes[0] == "CAS(ME)3_part_C_ME.xlsx: part_C_ME, 165 rows"
    assert not any("differ" in n or "published" in n for n in notes)
    sheet(root / "CAS(ME)3_part_C_ME.xlsx", rows[:-1], header)
    notes = "\n".join(annotations("casme3c", root=root).attrs["notes"])
    assert "unknown sheet, 164 rows: published with 165" in notes
    assert "positive 15 (16)" in notes
    found = check("casme3c", root)
    assert any("164 rows (published: 165)" in f.what for f in found.warnings)


def test_grey_and_colour_eight_and_sixteen_bits(tmp_path, sheet):
    header = ["Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "AU", "Emotion"]
    kinds = {"jpg": np.uint8, "png": np.uint16, "bmp": np.uint8, "tif": np.uint16}
    rows = []
    for i, (suffix, dtype) in enumerate(kinds.items()):
        clip = f"EP01_{i + 1:02}"
        rows.append(("01", clip, 1, 2, 3, "4", "others"))
        folder = tmp_path / "raw" / "sub01" / clip
        folder.mkdir(parents=True)
        level = 100 * (257 if dtype is np.uint16 else 1)
        for n in (1, 2, 3):
            shape = (8, 8, 3) if n == 2 else (8, 8)
            cv2.imwrite(str(folder / f"img{n}.{suffix}"), np.full(shape, level, dtype))
    sheet(tmp_path / "CASME2-coding-20140508.xlsx", rows, header)
    for colour in (False, True):
        for clip in load("casme2", root=tmp_path, colour=colour).clips:
            frames = clip.frames
            assert frames.dtype == np.uint8 and frames.ndim == 3 + colour
            assert abs(frames.astype(int) - 100).max() <= 1
    assert check("casme2", tmp_path).errors == []
