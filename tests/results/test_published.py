import numpy as np
import pandas as pd
import pytest

from mebench.errors import BadInput
from mebench.evaluation import PROTOCOLS
from mebench.results import FLAGS, beside, published
from mebench.results._published import SCORES, explain_flags
from mebench.scoring import Predictions
from mebench.scoring.feasible import feasible

MEGC = {"smic": [70, 51, 43], "casme2": [88, 32, 25], "samm": [92, 26, 15], "": [250, 109, 83]}


def test_every_row_has_a_source_and_known_words():
    rows = published()
    assert len(rows) > 150 and (rows["source"] != "").all()
    assert set("".join(rows["flags"]).replace(" ", "")) <= set(FLAGS)
    assert set(rows["protocol"]) <= set(PROTOCOLS)
    values = rows[list(SCORES)].to_numpy(float)
    assert np.isfinite(values).any(1).all() and np.nanmin(values) > 0 and np.nanmax(values) <= 1
    assert not rows.duplicated(["database", "part", "labels", "protocol", "method", "source"]).any()
    assert len(explain_flags(rows)) == len(FLAGS)


@pytest.mark.parametrize("part", MEGC)
def test_printed_pairs_can_be_but_for_the_errata(part):
    """Every UF1 and UAR of the challenge on its clips: only what is marked cannot be."""
    rows = published(database="megc2019")
    rows = rows[(rows["part"] == part) & rows["uar"].notna()]
    assert len(rows) > 10
    for row in rows.to_dict("records"):
        decimals = 2 if row["method"] == "ELBPTOP" else 4
        found = feasible(MEGC[part], uf1=row["uf1"], uar=row["uar"], decimals=decimals)
        if "impossible" in row["note"]:
            assert found.distance > 4e-4
        elif "macro-precision" not in row["note"]:
            # Some miss by less than a unit of the last digit, as if digits had been cut off.
            assert found.distance < 1e-4, (row["method"], found.sentence())


def test_the_errata():
    rows = published(database="megc2019", method="STSTNet")
    printed = rows[rows["method"] == "STSTNet"]
    assert printed["note"].str.contains("macro-precision").all() and len(printed) == 4
    again = rows[rows["method"] == "STSTNet (UAR recomputed)"].set_index("part")
    assert again.loc["", "uar"] == 0.7186 and again.loc["samm", "uar"] == 0.6415


def test_printed_accuracies_are_fractions_of_their_clips():
    rows = published()
    rows = rows[(rows["clips"] != "") & rows["accuracy"].notna() & (rows["labels"] != "objective5")]
    assert len(rows) > 30
    for row in rows.to_dict("records"):
        n = int(row["clips"])
        assert abs(round(row["accuracy"] * n) / n - row["accuracy"]) <= 5.1e-5, row


def test_thesis_majority_rows():
    rows = published(method="majority").set_index("database")
    assert rows.loc["casme2", ["accuracy", "uf1"]].tolist() == [0.4008, 0.1145]
    assert len(rows) == 4


def test_filters():
    assert set(published(database="smic-hs")["database"]) == {"smic", "megc2019"}
    assert set(published(database="casme2", labels="5class", protocol="lovo")["flags"]) == {"S"}
    with pytest.raises(BadInput, match="megc2019"):
        published(database="casme2000")


def ours(dataset, labels, protocol, data=("casme2",), **header):
    n = 30
    table = pd.DataFrame(
        {"clip_id": [f"c{i}" for i in range(n)], "dataset": [data[i % len(data)] for i in range(n)],
         "subject": "1", "fold": "1", "y_true": ["a", "b", "b"] * 10, "y_pred": "a"}
    )  # fmt: skip
    head = {"dataset": dataset, "labels": labels, "protocol": protocol, "classes": ["a", "b"],
            "method": "mdmo", "tuning": "nested", **header}  # fmt: skip
    return Predictions(table, head)


def test_beside_only_where_all_three_agree():
    found = beside(ours("casme2", "5class", "loso"))
    assert found["source"].iloc[0] == "this run" and found["accuracy"].iloc[0] == pytest.approx(
        1 / 3
    )
    assert (
        len(found) > 10
        and set(found["labels"]) == {"5class"}
        and set(found["protocol"]) == {"loso"}
    )
    assert "unstated" not in set(found["labels"])
    for other in (
        ("casme2", "4class", "loso"),
        ("casme2", "5class", "kfold"),
        ("synthetic", "5class", "loso"),
    ):
        assert beside(ours(*other)).empty
    note = "A synthetic corpus in the layout of CASME II, no recordings"
    assert beside(ours("casme2", "5class", "loso", notes=[note])).empty
    assert beside(ours("casme2", "5class", "loso", tuning="oracle"))["flags"].iloc[0] == "G"


@pytest.mark.parametrize(
    ("dataset", "protocol"), [("megc2019", "composite"), ("samm+casme2+smic-hs", "loso")]
)
def test_composites_and_their_parts(dataset, protocol):
    found = beside(ours(dataset, "3class", protocol, ("smic-hs", "casme2", "samm")))
    own = found[found["source"] == "this run"]
    assert own["part"].tolist() == ["", "smic", "casme2", "samm"]
    assert own["clips"].tolist() == ["30", "10", "10", "10"]


def test_printed_spotting_scores_can_be_but_for_the_errata():
    import re

    from mebench.scoring.spotting_audit import audit_spotting

    rows = published()
    rows = rows[rows["strs"].notna() | (rows["spotting_f1_micro"].notna())]
    assert len(rows) > 20
    for row in rows.to_dict("records"):
        counts = re.search(r"micro (\d+)/(\d+)/(\d+)|TP/FP/FN (\d+)/(\d+)/(\d+)", row["note"])
        claims = {"f1": f"{row['spotting_f1_micro']:.4f}"}
        if counts:
            numbers = [n for n in counts.groups() if n]
            claims |= dict(zip(("tp", "fp", "fn"), numbers, strict=True))
        if row["strs"] == row["strs"]:
            claims["analysis-f1"] = f"{row['analysis_f1']:.4f}"
            claims["strs"] = f"{row['strs']:.4f}"
        printed = re.search(r"of the analysis (\.\d+), (\.\d+), (\.\d+)", row["note"])
        if printed:
            names = ("analysis-precision", "analysis-recall", "uf1")
            claims |= dict(zip(names, printed.groups(), strict=True))
        found = audit_spotting(claims)
        assert found.possible != ("impossible: UF1" in row["note"]), (row, found.sentences())
    assert published(database="casme-sq-long", method="MDMD")["flags"].tolist() == ["G"]
