"""Every figure of docs/audit_of_sources.md, from printed figures alone."""

import re
from pathlib import Path

import numpy as np
import pytest

from mebench.results import published
from mebench.scoring.feasible import feasible

PAGE = Path(__file__).parents[2] / "docs" / "audit_of_sources.md"

FRAMES = {"disgust": 4159, "fear": 127, "happiness": 2360, "others": 6344, "repression": 2178,
          "sadness": 274, "surprise": 1577}  # fmt: skip
ENGINE = {"others": 132, "negative": 127, "disgust": 64, "surprise": 62, "repression": 51,
          "positive": 48, "happiness": 32, "sadness": 7}  # fmt: skip
TESTED = {"negative": 25, "others": 24, "disgust": 14, "surprise": 12, "positive": 8,
          "repression": 7, "happiness": 6, "sadness": 1}  # fmt: skip
CASME2_UNITS = {1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 17, 18, 20, 24, 25, 26, 38}
FOURDME_UNITS = {1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 24, 25, 39, 43, 45, 63, 64}
#: Under each heading, where its numbers are computed again. "" are names, dates and facts of code.
FIGURES = {
    "Emotion Engine (S000)": {
        "": "4 8 10 15",
        "test_units_and_classes_of_the_engine": "3.5 224 64 24 19 20 15 132 127 62 51 48 32 7 523 "
        "256 267 97 18.5 .0854 .1 25 .258",
    },
    "Frames and clips (S001)": {
        "": "2025",
        "test_the_frame_classifier_is_a_constant": "0 1 2 7 .1429 .3649 .0764 17,019 16,019 37.3 "
        "39.6 0.7 2.5",
        "test_parameters_and_accuracy_of_the_clip_classifier": "286,837,082 95,612,360 .6522 158 "
        "15 23 30 46 31 32 230 72",
    },
    "The hybrid (S002)": {
        "": "2.0 2026",
        "test_the_hybrid": "141 62 25 27 255 32 99 101 17 .716 .274 .463 .248 .553 44",
    },
    "The thesis (S003)": {
        "": "3",
        "test_the_thesis": "0 70 164 69 189 99 247 57 159",
    },
    "Network variations (S004)": {
        "": "5 6",
        "test_the_folds_of_toyama": "100 121 124 159",
    },
    "Pairs that cannot be": {
        "": "2019",
        "test_pairs_that_cannot_be": "70 51 43 .2000 .5280 .398 88 32 25 .8512 .8123 .840 92 26 15 "
        ".7601 .6715 .707",
        "test_what_stands_in_published_only": "442 .7353 .7186 .7605",
    },
    "Two sources, two numbers": {
        "": "2018",
        "test_two_sources": ".30 .41 .6397 .6383",
        "test_what_stands_in_published_only": ".6341",
    },
}
TOYAMA = (62.83, 61.17, 62.90, 62.00, 64.50, 64.53, 66.17, 65.40, 65.33, 60.37, 63.70)


def said(*texts):
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    for text in texts:
        assert text in page, text


def shares(n, value, digits):
    return [k for k in range(n + 1) if round(k / n, digits) == value]


def test_units_and_classes_of_the_engine():
    both, either = CASME2_UNITS & FOURDME_UNITS, CASME2_UNITS | FOURDME_UNITS
    assert (len(CASME2_UNITS), len(FOURDME_UNITS), len(both), len(either)) == (19, 20, 15, 24)
    assert sum(ENGINE.values()) == 523 == 256 + 267
    n = sum(TESTED.values())
    assert n == 97 and round(100 * n / 523, 1) == 18.5
    distance = sum(abs(TESTED[c] / n - ENGINE[c] / 523) for c in ENGINE)
    assert round(distance, 4) == 0.0854 and distance <= 0.1 and abs(n / 523 - 0.15) <= 0.05
    assert round(max(TESTED.values()) / n, 3) == 0.258
    said("19 + 20 − 15 = 24", "523 clips", "97 clips, 18.5 %", ".0854", "25 of 97, .258")
    # Half of the blocks of a row lie across its end: 224 values are three and a half blocks of 64.
    assert 224 / 64 == 3.5


def test_the_frame_classifier_is_a_constant():
    accuracy = 0.3649
    assert round(2 * accuracy / (1 + accuracy) / 7, 4) == 0.0764 and round(1 / 7, 4) == 0.1429
    # Only others has a share anywhere near.
    total = sum(FRAMES.values())
    assert total == 17_019 == 16_019 + 1000
    near = [c for c, n in FRAMES.items() if abs(n / total - accuracy) < 0.1]
    assert near == ["others"]
    others = FRAMES["others"]
    assert (round(100 * others / total, 1), round(100 * others / 16_019, 1)) == (37.3, 39.6)
    deviations = []
    for n in (total, 16_019):
        p = others / n
        deviations.append(abs(accuracy - p) / np.sqrt(p * (1 - p) / (n // 10)))
    assert [round(d, 1) for d in deviations] == [0.7, 2.5]
    row = published(database="casme2", method="ResNet50").iloc[0]
    assert (row["accuracy"], row["uf1"], row["uar"]) == (0.3649, 0.0764, 0.1429)
    said("17,019 frames", "37.3 %", "39.6 %", "0.7 standard deviations", ".0764", ".1429")


def test_parameters_and_accuracy_of_the_clip_classifier():
    assert 286_837_082 == 3 * 95_612_360 + 2
    assert all(not shares(n, 0.6522, 4) for n in (31, 32))
    assert [n for n in range(10, 60) if shares(n, 0.6522, 4)] == [23, 46]
    assert (shares(23, 0.6522, 4), shares(46, 0.6522, 4)) == ([15], [30])
    assert 46 * 5 == 230 == 158 + 72
    said("286,837,082", "15 of 23 or 30 of 46", "158 clips and 72 copies")


def test_the_hybrid():
    counts = {"happiness": 141, "disgust": 62, "surprise": 25, "repression": 27}
    assert sum(counts.values()) == 255
    hits = {"happiness": 101, "disgust": 17}
    recalls = {c: hits.get(c, 0) / n for c, n in counts.items()}
    assert (round(recalls["happiness"], 3), round(recalls["disgust"], 3)) == (0.716, 0.274)
    # No other numbers of hits have the printed recalls.
    assert shares(141, 0.716, 3) == [101] and shares(62, 0.274, 3) == [17]
    assert round(sum(hits.values()) / 255, 3) == 0.463
    assert round(sum(recalls.values()) / 4, 3) == 0.248
    assert round(141 / 255, 3) == 0.553
    assert sorted((141, 25, 62, 27)) == sorted(counts.values()) and 44 != 27
    row = published(database="casme2", labels="four classes").iloc[0]
    assert (row["accuracy"], row["uar"]) == (0.463, 0.248) and "ERRATUM" in row["note"]
    said("101 of 141 and 17 of 62", "141 of 255, .553", "rows sum to 141, 25, 62 and 27")


@pytest.mark.parametrize(
    ("database", "largest", "n", "classes"),
    [("smic", 70, 164, 3), ("casme", 69, 189, 8), ("casme2", 99, 247, 5), ("samm", 57, 159, 8)],
)
def test_the_thesis(database, largest, n, classes):
    rows = published(database=database)
    rows = rows[rows["source"].str.startswith("Varanka, thesis")]
    majority = rows[rows["method"] == "majority class"].iloc[0]
    share = largest / n
    assert majority["accuracy"] == round(share, 4)
    assert majority["uf1"] == round(2 * share / (1 + share) / classes, 4)
    others = rows[rows["method"] != "majority class"]
    assert len(others) == 3 and set(others["flags"]) == {"G"}
    assert all(shares(n, accuracy, 4) for accuracy in others["accuracy"])
    said(f"{largest} of {n}")


def means(total):
    """Every mean over five folds as even as `total` allows, in percent, two digits."""
    small, more = divmod(total, 5)
    hits = np.arange((5 - more) * small + 1)[:, None] / small
    if more:
        hits = hits + np.arange(more * (small + 1) + 1)[None] / (small + 1)
    return set((100 * hits / 5).round(2).ravel().tolist())


def test_the_folds_of_toyama():
    fits = {n: sum(a in means(n) for a in TOYAMA) for n in range(100, 160)}
    assert [n for n, found in fits.items() if found == len(TOYAMA)] == [121, 122, 123, 124]
    assert fits[159] == 6
    printed = set((100 * published(database="samm", labels="7class")["accuracy"]).round(2))
    assert printed == set(TOYAMA)
    said("121 to 124 clips", "Of the eleven different numbers six can")


@pytest.mark.parametrize(
    ("method", "part", "counts", "uf1", "uar", "bound"),
    [
        ("LBP-TOP", "smic", (70, 51, 43), ".2000", ".5280", ".398"),
        ("RCN", "casme2", (88, 32, 25), ".8512", ".8123", ".840"),
        ("RCN", "samm", (92, 26, 15), ".7601", ".6715", ".707"),
    ],
)
def test_pairs_that_cannot_be(method, part, counts, uf1, uar, bound):
    rows = published(database="megc2019", method=method)
    row = rows[(rows["part"] == part) & (rows["method"] == method)].iloc[0]
    assert (row["uf1"], row["uar"]) == (float(uf1), float(uar)) and "impossible" in row["note"]
    found = feasible(counts, uf1=uf1, uar=uar)
    assert not found.possible
    low, high = map(float, re.search(r"from (\d\.\d+) to (\d\.\d+)", found.sentence()).groups())
    nearest = low if float(uf1) < low else high
    assert round(nearest, 3) == float(bound)
    said(f"| {uf1} | {uar} | UF1 of {bound}", "/".join(map(str, counts)))


def test_two_sources():
    fdm = published(database="casme2", method="FDM")
    assert sorted(fdm["f1"]) == [0.30, 0.41]
    assert fdm["note"].str.contains("Two sources disagree").all()
    kgsl = published(database="casme2", method="KGSL")
    assert sorted(kgsl["accuracy"]) == [0.6383, 0.6397]
    said("| .30 (Liong et al. 2018) | .41 (ELBPTOP) |", ".6397", ".6383")


def test_what_stands_in_published_only():
    """The log of STSTNet's predictions is its authors'; what it gave is compared, not computed."""
    rows = published(database="megc2019")
    whole = rows[rows["part"].eq("") | rows["part"].isna()].set_index("method")
    printed, again = whole.loc["STSTNet"], whole.loc["STSTNet (UAR recomputed)"]
    assert (printed["uf1"], printed["uar"]) == (0.7353, 0.7605) and printed["clips"] == "442"
    assert (again["uf1"], again["uar"]) == (0.7353, 0.7186)
    assert 164 + 145 + 133 == 442
    rows = published(database="casme2", method="LBP-TOP")
    (own,) = rows[rows["method"] == "LBP-TOP (dataset paper)"].to_dict("records")
    assert own["accuracy"] == 0.6341 and "leave-one-clip-out" in own["note"]
    said("442 predictions", ".7353 and a UAR of .7186, where .7605 is printed", ".6341")


def test_every_number_of_the_page_has_its_test():
    page = PAGE.read_text(encoding="utf-8")
    head, *parts = re.split(r"^## ", page, flags=re.M)
    assert not re.findall(r"\d", re.sub(r"`[^`]*`", "", head))
    assert [part.partition("\n")[0] for part in parts] == list(FIGURES)
    for part in parts:
        name, _, text = part.partition("\n")
        # Not digits of names, such as S001, STLBP8 or a file.
        found = set(re.findall(r"(?<![\w`.])(?:\d[\d,.]*\d|\d|\.\d+)", text))
        known = {n for numbers in FIGURES[name].values() for n in numbers.split()}
        assert found == known, f"{name}: without a test {found - known}, gone {known - found}"
    for test in {test for where in FIGURES.values() for test in where if test}:
        assert callable(globals()[test])
