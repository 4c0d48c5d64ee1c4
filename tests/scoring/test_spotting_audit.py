import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mebench.errors import BadInput
from mebench.scoring.spotting_audit import audit_spotting
from mebench.scoring.spotting_claims import parse_spotting_claims

SAMM = {"tp": "6", "fp": "217", "fn": "202", "precision": ".0269", "recall": ".0288",
        "f1": ".0278", "analysis-precision": ".1667", "analysis-recall": ".3333",
        "analysis-f1": ".2222", "strs": ".0062"}  # fmt: skip


def test_the_baseline_of_2025_on_samm_is_possible():
    found = audit_spotting(SAMM)
    assert found.possible, found.sentences()
    assert any("authors of STRS" in s for s in found.sentences())


def test_a_uar_that_is_the_precision_is_found_out():
    found = audit_spotting({**SAMM, "uar": ".1667", "uf1": ".2222"})
    assert not found.possible
    assert any("changed places" in s for s in found.sentences())


def test_a_recall_above_one_is_read_with_its_point_moved():
    found = audit_spotting({"tp": "3", "fp": "115", "fn": "34", "precision": ".0254",
                            "recall": ".0811", "f1": ".0387", "analysis-precision": ".3333",
                            "analysis-recall": "1.667", "analysis-f1": ".2222",
                            "strs": ".0086"})  # fmt: skip
    wrong = [f for f in found.findings if not f.possible]
    assert [f.score for f in wrong] == ["analysis-recall"]
    assert "point moved, .1667" in wrong[0].words
    counted = audit_spotting({"tp": "1", "fp": "2", "fn": "5", "recall": "1.667"})
    assert "point moved, .1667, it is that of the counts" in counted.sentences()[0]
    percent = audit_spotting({"precision": ".5", "recall": "50", "f1": ".5"})
    assert "Read as percent, .5000, it gives" in percent.findings[0].words


def test_scores_that_are_called_by_each_others_names():
    swapped = audit_spotting({"tp": "10", "fp": "30", "fn": "10", "precision": ".5"})
    assert "It is the recall" in swapped.sentences()[0]
    mean = audit_spotting({"precision": ".2000", "recall": ".6000", "f1": ".4000"})
    assert "arithmetic mean" in mean.sentences()[0]
    last = audit_spotting({"tp": "1", "fp": "2", "fn": "2", "f1": ".3334"})
    assert "last digit" in last.sentences()[0]


def test_uf1_cannot_exceed_the_mean_of_macro_precision_and_macro_recall():
    # As printed of MEAN on CASME II.
    found = audit_spotting({"analysis-precision": ".5983", "analysis-recall": ".5872",
                            "analysis-f1": ".5927", "uf1": ".6755", "f1": ".6516",
                            "strs": ".3862"})  # fmt: skip
    wrong = [f for f in found.findings if not f.possible]
    assert [f.score for f in wrong] == ["uf1"]


def test_which_product_strs_is():
    claims = {"f1": ".5000", "analysis-f1": ".6000", "uf1": ".5000"}

    def said(strs):
        return audit_spotting({**claims, "strs": strs}).sentences()[-1]

    assert "is F1 of spotting times F1 of macro" in said(".3000")
    assert "UF1, which is not" in said(".2500")
    assert "no product" in said(".4000")


@given(st.integers(1, 60), st.integers(0, 300), st.integers(0, 60))
@settings(max_examples=80, deadline=None)
def test_counts_are_found_again_from_rounded_scores(tp, fp, fn):
    claims = {"total": str(tp + fn), "precision": f"{tp / (tp + fp):.4f}",
              "recall": f"{tp / (tp + fn):.4f}",
              "f1": f"{2 * tp / (2 * tp + fp + fn):.4f}"}  # fmt: skip
    found = audit_spotting(claims)
    assert found.possible and found.n_counts > 0
    assert (tp, fp, fn) in found.counts or found.n_counts > len(found.counts)


def test_scores_that_no_counts_have():
    found = audit_spotting({"total": "10", "recall": ".55", "f1": ".5"})
    assert found.n_counts == 0 and not found.possible
    assert "no whole numbers" in found.sentences()[-1]
    total = audit_spotting({"tp": "5", "fp": "1", "fn": "5", "total": "11", "f1": ".625"})
    assert "not 11" in total.sentences()[0]


def test_claims_are_read_strictly():
    assert parse_spotting_claims("tp=6, F1=.0278") == {"tp": "6", "f1": ".0278"}
    for wrong in ("tp", "tp=1,tp=2", "tpp=1", ""):
        with pytest.raises(BadInput, match="Claims on spotting"):
            parse_spotting_claims(wrong)
    with pytest.raises(BadInput, match="whole number"):
        audit_spotting({"tp": "1.5"})
    with pytest.raises(BadInput, match="number"):
        audit_spotting({"f1": "high"})
    with pytest.raises(BadInput, match="nothing"):
        audit_spotting({})
