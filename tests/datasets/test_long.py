"""Official-like sheets of databases of long videos, and what lies around them."""

import numpy as np
import pytest

from mebench.datasets.check import check
from mebench.datasets.known_damage import damaged_pictures, hidden_apexes
from mebench.datasets.long import load_long, load_unseen
from mebench.datasets.long.casme3 import read_a, read_c
from mebench.datasets.long.casme_sq import read as read_sq
from mebench.datasets.long.samm import read as read_samm
from mebench.datasets.long.smic import READERS as SMIC
from mebench.errors import BadInput, DataNotFound
from mebench.synthetic.sheets import write_workbook, write_xlsx

HEADER_A = ("Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Expression type",
            "Objective class")  # fmt: skip
HEADER_ME = ("Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion")


def touch(folder, numbers, name="{}.jpg"):
    folder.mkdir(parents=True, exist_ok=True)
    for n in numbers:
        (folder / name.format(n)).touch()


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    """As many rows as the official sheets of part A, the micro-expressions standing thrice."""
    root = tmp_path_factory.mktemp("cas3")
    (root / "annotation" / "partA").mkdir(parents=True)
    rng = np.random.default_rng(0)
    kinds = rng.permutation(["Macro-expression"] * 3346 + ["Micro-expression"] * 860).tolist()
    every, named = [], []
    for i, kind in enumerate(kinds):
        place = (f"spNO.{i % 98 + 1}", "abcdefghijklm"[i // 98 % 13])
        onset = 40 * (i // (98 * 13))
        every.append((*place, onset, onset + 5, onset + 10, "4", kind, "VII"))
        if kind.startswith("Micro"):
            named.append((*place, onset, onset + 5, onset + 10, "4", "VII", "disgust"))
    # As in the official file: one onset mistyped, one offset 0.
    named[7] = (*named[7][:2], named[7][2] + 1000, *named[7][3:])
    named[9] = (*named[9][:4], 0, *named[9][5:])
    blinks = [(f"spNO.{i % 98 + 1}", "a", 30 * (i // 98), 30 * (i // 98) + 9) for i in range(840)]
    blinks.append(blinks[0])  # rows that stand twice in the sheet are counted as it does
    for version in (1, 2):
        write_workbook(
            root / "annotation" / "partA" / f"CAS(ME)3_part_A_v{version}.xlsx",
            {
                "AU+Emotion": [HEADER_A, *every],
                **({"Sheet1": [HEADER_A, *[r for r in every if r[6].startswith("Mi")]]}
                   if version == 1 else {}),
                "eye blink": [("Subject", "Filename", "Onset", "Offset"), *blinks],
            },
        )  # fmt: skip
    write_xlsx(root / "annotation" / "partA" / "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", "label",
               [HEADER_ME, *named])  # fmt: skip
    write_xlsx(root / "annotation" / "partA" / "CAS(ME)3_part_A_wrongly_labeled_me_in_V1.xlsx",
               "Sheet1", [HEADER_ME, *named[:20]])  # fmt: skip
    return root


def test_macro_micro_and_blinks_of_part_a_are_each_read_once(official):
    found = read_a(official)
    assert found.rows["kind"].value_counts().to_dict() == {"macro": 3346, "micro": 860}
    assert len(found.events) == 841 and set(found.events["cause"]) == {"blink"}
    assert "860 micro-, 3346 macro-expressions; 841 blinks" in found.notes[0]
    assert not found.rows.duplicated(["subject", "recording", "kind", "onset"]).any()
    assert (found.rows["onset"] == 0).sum() > 1000  # an onset of 0 is one
    micro = found.rows[found.rows["kind"] == "micro"]
    assert (micro["emotion"] == "disgust").all()  # the mistyped one too, by its apex
    assert (micro["offset"] - micro["onset"] == 10).all()


def test_files_for_each_kind_are_read_too(tmp_path):
    rows = [("spNO.1", "a", 5, 7, 12, "4", "II", "sad")]
    write_xlsx(tmp_path / "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", "label", [HEADER_ME, *rows])
    assert "micro-expressions only" in " ".join(read_a(tmp_path).notes)
    mae = [("spNO.1", "A", 0, 30, 60, "12", "I", "happy")]
    write_xlsx(tmp_path / "cas(me)3_part_A_MaE_label_JpgIndex_v2_emotion.xlsx", "label",
               [HEADER_ME, *mae])  # fmt: skip
    found = read_a(tmp_path).rows
    assert found[["kind", "onset", "offset", "emotion"]].values.tolist() == [
        ["micro", 5, 12, "sad"], ["macro", 0, 60, "happy"]
    ]  # fmt: skip
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataNotFound, match="part_A_v2"):
        read_a(tmp_path / "empty")


def test_damaged_pictures_and_hidden_apexes_are_applied(tmp_path):
    touch(tmp_path / "spNO.3" / "j" / "color", range(1, 101))
    write_workbook(
        tmp_path / "CAS(ME)3_part_A_v2.xlsx",
        {"AU+Emotion": [HEADER_A, ("spNO.3", "j", 0, 12, 20, "4", "Micro-expression", "II"),
                        ("spNO.3", "j", 40, 60, 80, "4", "Macro-expression", "II")],
         "eye blink": [("Subject", "Filename", "Onset", "Offset"), ("spNO.3", "j", 30, 38)]},
    )  # fmt: skip
    lists = tmp_path / "exception"
    lists.mkdir()
    (lists / "error_info_damaged_image_partA.txt").write_text(
        "spNO.3 J 10.jpg  the image cannot open\nspNO.3 J 11.jpg  the image cannot open\n"
    )
    (lists / "image_with_bad_quality_partA.txt").write_text(
        "/somewhere/RGB/spNO.3/j/color/50.jpg\nnothing of interest\n"
    )
    write_xlsx(lists / "casme3_partA_error_list_ZhouJu.xlsx", "Sheet1",
               [(*HEADER_ME, "problem"), ("spNO.3", "j", 0, 12, 20, "4", "II", "sad", "apex遮盖"),
                ("spNO.3", "k", 0, 0, 20, "4", "II", "sad", "0.jpg is not there")])  # fmt: skip
    assert damaged_pictures(tmp_path) == {("spNO.3", "j"): frozenset({10, 11, 50})}
    assert [h.apex for h in hidden_apexes(tmp_path)] == [12]
    write_xlsx(tmp_path / "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", "label",
               [HEADER_ME, ("spNO.3", "j", 0, 12, 20, "4", "II", "sad")])  # fmt: skip
    named = {f.what for f in check("casme3a", tmp_path).warnings if "authors" in f.what}
    assert named == {
        "the authors' list names 3 damaged pictures: 10, 11, 50",
        "the authors' list says that the face is covered at the apex 12",
    }
    database = load_long("casme3a-long", tmp_path)
    assert database.videos["n_frames"].tolist() == [97]
    truth = database.truth.set_index("kind")
    assert truth.loc["micro", ["onset", "offset"]].tolist() == [0, 17]  # 20 is the 18th left
    assert truth["apex"].isna().to_dict() == {"micro": True, "macro": False}
    assert database.events[["cause", "onset", "offset"]].values.tolist() == [["blink", 27, 35]]
    said = " ".join(database.notes)
    assert "3 pictures" in said and "1 apexes at which the face is covered" in said


def test_part_c_joins_its_two_sheets(tmp_path):
    touch(tmp_path / "04" / "a" / "color", range(1, 101))
    touch(tmp_path / "01" / "a" / "color", range(1, 101))
    write_xlsx(tmp_path / "CAS(ME)3_part_C.xlsx", "organize",
               [("Subject", "Onset", "Offset", "diff", "Exp_type", "risk"),
                (4, 10, 15, 5, 1, 1), (4, 20, 70, 50, 0, 1)])  # fmt: skip
    write_xlsx(tmp_path / "CAS(ME)3_part_C_ME.xlsx", "mockCrimeME",
               [("sub", "count", "onset", "offset", "au", "emotion"),
                (1, 1, 30, 42, "R4,5", "negative"), (4, 1, 10, 15, "2", "Surprise")])  # fmt: skip
    found = read_c(tmp_path)
    assert found.rows["kind"].tolist() == ["micro", "micro", "macro"]
    database = load_long("casme3c-long", tmp_path)
    assert database.videos["video"].tolist() == ["casme3c-long/01", "casme3c-long/04"]
    truth = database.truth.fillna({"emotion": ""})
    assert truth[["subject", "onset", "emotion"]].values.tolist() == [
        ["01", 29, "negative"], ["04", 9, "surprise"], ["04", 19, ""]
    ]  # fmt: skip


def test_fractional_marks_of_samm_are_rounded_and_its_emotions_joined(tmp_path):
    header = ("Subject", "Filename", "Inducement Code", "Onset", "Apex", "Offset", "Duration",
              "Type", "Action Units", "Notes")  # fmt: skip
    rows = [("006", "006_1_1", 1, 566.4, 647.6, 743.2, 177.8, "Macro", "4+7", None),
            ("006", "006_1_2", 1, 3562, 3588, 3632, 71, "Micro - 1/2", "4+7", None),
            ("028", "028_4_1", 4, 1071, -1, 1134, 64, "Micro - 1/2", "A14C", "Blinks"),
            ("011", "011_6_10", 6, 0, 3323.0, 4123.4, 4124.4, "Macro", "6C", None)]  # fmt: skip
    write_xlsx(tmp_path / "SAMM_LongVideos_V3_Release.xlsx", "FACS_Movement_Only",
               [("SAMM Long Videos Dataset",), *[(None,)] * 8, header, *rows])  # fmt: skip
    write_xlsx(tmp_path / "SAMM_Micro_FACS_Codes_v2.xlsx", "MICRO_ONLY",
               [(None,)] * 13 + [(*header[:3], "Onset Frame", "Apex Frame", "Offset Frame",
                                  "Duration", "Micro", "Action Units", "Estimated Emotion"),
                                 ("006", "006_1_2", 1, 3562, 3588, 3632, 71, "Micro - 1/2", "4+7",
                                  "Anger")])  # fmt: skip
    found = read_samm(tmp_path)
    assert found.rows["onset"].tolist() == [566, 3562, 1071, 0]
    assert found.rows["apex"].tolist()[:2] == [648, 3588] and found.rows["apex"].isna()[2]
    assert found.rows["offset"].tolist() == [743, 3632, 1134, 4123]
    assert found.rows["emotion"].tolist() == [None, "anger", None, None]
    said = " ".join(found.notes)
    assert "2 micro-, 2 macro" in said and "2 rows have fractional" in said
    rows.append(("006", "006_1_3", 1, "about 5", 6, 7, 2, "Macro", "4", None))
    write_xlsx(tmp_path / "SAMM_LongVideos_V3_Release.xlsx", "x", [header, *rows])
    with pytest.raises(BadInput, match="about 5"):
        read_samm(tmp_path)


def test_as_many_rows_as_the_official_sheet_of_samm_long(tmp_path):
    header = ("Subject", "Filename", "Inducement Code", "Onset", "Apex", "Offset", "Duration",
              "Type", "Action Units", "Notes")  # fmt: skip
    rows, short = [], []
    for i in range(502):
        micro = i % 502 < 159
        place = (f"{6 + i % 30:03}", f"{6 + i % 30:03}_{i % 7 + 1}_{i // 210 + 1 + i}", i % 7 + 1)
        fraction = 0.0 if micro else 0.2 * (i % 5)
        marks = (20 * i + fraction, 20 * i + 40 + fraction, 20 * i + 80 + fraction)
        kind = "Micro - 1/2" if micro else "Macro"
        rows.append((*place, *marks, 81, kind, "4", None))
        if micro:
            short.append((*place, *marks, 81, kind, "4", "Anger" if i % 2 else "Other"))
    write_xlsx(tmp_path / "SAMM_LongVideos_V2_Release.xlsx", "FACS_Movement_Only",
               [*[(None,)] * 9, header, *rows])  # fmt: skip
    write_xlsx(tmp_path / "SAMM_Micro_FACS_Codes_v2.xlsx", "MICRO_ONLY",
               [*[(None,)] * 13, (*header[:9], "Estimated Emotion"), *short])  # fmt: skip
    found = read_samm(tmp_path)
    assert found.rows["kind"].value_counts().to_dict() == {"macro": 343, "micro": 159}
    assert "159 micro-, 343 macro-expressions" in found.notes[0]
    emotions = found.rows.loc[found.rows["kind"] == "micro", "emotion"]
    assert emotions.value_counts().to_dict() == {"other": 80, "anger": 79}
    assert (found.rows["offset"] - found.rows["onset"] == 80).all()


@pytest.mark.parametrize("camera", ["hs", "vis", "nir"])
def test_smic_sheets_end_with_text_and_number_frames_their_way(tmp_path, camera):
    root = tmp_path / "SMIC-E_raw image"
    folder = root / f"{camera.upper()}_long" / f"SMIC_{camera.upper()}_E"
    touch(folder / "s01" / "s01_ne_01", range(500, 560), "image{:06}.jpg")
    touch(folder / "s01" / "s01_po_02", range(1, 61), "image{:06}.jpg")
    write_xlsx(
        root / f"{camera.upper()}_long" / f"SMIC-{camera.upper()}-E_annotation.xlsx", "Sheet1",
        [("Subject", "Filename", "OnsetF", "OffsetF", "Onset2F", "Offset2F", "FirstF"),
         (1, "s01_ne_01", 510, 520, 530, 540, 500), (1, "s01_po_02", 710, 715, None, None, 700),
         (None, None), (None, "Frames as in the names of the images")],
    )  # fmt: skip
    assert len(SMIC[camera](tmp_path).rows) == 3
    database = load_long(f"smic-{camera}-long", tmp_path)
    truth = database.truth.sort_values(["video", "onset"])
    assert truth[["onset", "offset"]].values.tolist() == [[10, 20], [30, 40], [10, 15]]
    assert truth["emotion"].tolist() == ["negative", "negative", "positive"]
    assert any("numbered anew" in note for note in database.notes)


def test_blinks_of_cas_me_2_are_read_where_they_lie(tmp_path):
    touch(tmp_path / "rawpic" / "s15" / "15_0101disgustingteeth", range(1, 101), "img{:03}.jpg")
    rows = [(1, "disgust1_1", 10, 12, 18, "4", "negative", "micro-expression", "helpless")]
    write_workbook(
        tmp_path / "CAS(ME)^2code_final.xlsx",
        {"CASFEcode_final": rows, "naming rule1": [(15, "s15", 1)],
         "naming rule2": [("0101", "disgust1")]},
    )  # fmt: skip
    write_xlsx(tmp_path / "CAS(ME)^2blink-code.xlsx", "Sheet1",
               [("subject", "video", "no", "onset", "offset"),
                (15, "0101", 1, 30, 36)])  # fmt: skip
    found = read_sq(tmp_path)
    assert found.events.values.tolist() == [["s15", "0101", "blink", 30, 36]]


def test_unseen_videos_are_a_database_without_truth(tmp_path):
    touch(tmp_path / "SAMM_challenge" / "006_1", range(1, 30))
    touch(tmp_path / "SAMM_challenge" / "007_3", range(1, 30))
    touch(tmp_path / "CAS_clips" / "spNO.9" / "a" / "color", range(1, 30))
    samm = load_long("megc2025-samm", tmp_path)
    assert samm.videos[["video", "subject", "fps"]].values.tolist() == [
        ["megc2025-samm/006/006_1", "006", 200.0], ["megc2025-samm/007/007_3", "007", 200.0]
    ]  # fmt: skip
    assert not samm.labelled and not len(samm.truth)
    cas = load_long("megc2025-cas", tmp_path)
    assert cas.videos[["video", "fps"]].values.tolist() == [
        ["megc2025-cas/spNO.9/spNO.9_a", 30.0]
    ]  # fmt: skip
    with pytest.raises(DataNotFound, match="MEGC2025_SAMM"):
        load_long("megc2025-samm")
    own = load_unseen(tmp_path / "CAS_clips", 60)
    assert own.videos["n_frames"].tolist() == [29] and own.videos["dataset"].tolist() == [
        "CAS_clips"
    ]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataNotFound, match="holds no videos"):
        load_unseen(tmp_path / "empty", 30)
