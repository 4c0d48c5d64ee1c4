import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_spotting import best_matching, iou

from mebench.errors import BadInput
from mebench.spotting.score import (
    apex_errors,
    count_hits,
    match_intervals,
    overlaps,
    roc,
    spotting_scores,
    strs,
)

SPANS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 8)).map(lambda p: (p[0], p[0] + p[1])), max_size=4
)


@given(SPANS, SPANS)
@settings(max_examples=60, deadline=None)
def test_matching_is_the_best_of_all_assignments(spotted, annotated):
    pairs = match_intervals(spotted, annotated)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    shared = [iou(spotted[i], annotated[j]) for i, j in pairs]
    n, total = best_matching(spotted, annotated)
    assert len(pairs) == n
    assert sum(shared) == pytest.approx(total)


def test_going_one_by_one_would_waste_a_partner():
    # The first prediction overlaps the second expression more, but only it can have the first.
    spotted, annotated = [(0, 9), (4, 13)], [(4, 11), (0, 6)]
    assert len(match_intervals(spotted, annotated)) == 2


def test_half_is_enough_and_less_is_not():
    assert match_intervals([(0, 9)], [(0, 4)]) == [(0, 0)]
    assert match_intervals([(0, 9)], [(0, 3)]) == []
    assert overlaps([(3, 3)], [(3, 3)])[0, 0] == 1


@pytest.fixture
def tables():
    truth = pd.DataFrame(
        [("a", "micro", 0, 4, 9, "sad"), ("a", "macro", 20, 40, 59, "glad"),
         ("b", "micro", 5, 8, 14, "glad")],
        columns=["video", "kind", "onset", "apex", "offset", "emotion"],
    )  # fmt: skip
    found = pd.DataFrame(
        [("a", "micro", 1, 6, 9, "sad", 3.0), ("a", "micro", 22, 30, 58, "sad", 2.0),
         ("c", "macro", 0, 5, 30, "sad", 1.0)],
        columns=["video", "kind", "onset", "apex", "offset", "emotion", "score"],
    )  # fmt: skip
    videos = pd.DataFrame({"video": list("abc"), "subject": list("112"), "n_frames": 100})
    return found, truth, videos


def test_counts_are_pooled_and_kinds_kept_apart(tables):
    scores = spotting_scores(count_hits(*tables))
    assert scores.loc["micro", ["tp", "fp", "fn"]].tolist() == [1, 1, 1]
    assert scores.loc["macro", ["tp", "fp", "fn"]].tolist() == [0, 1, 1]
    assert scores.loc["all", ["tp", "fp", "fn"]].tolist() == [1, 2, 2]
    assert scores.loc["all", "f1"] == pytest.approx(1 / 3)
    assert scores.loc["all", "f1_low"] <= 1 / 3 <= scores.loc["all", "f1_high"]


def test_without_kinds_an_expression_is_an_expression(tables):
    found, truth, videos = tables
    counts = count_hits(found.drop(columns="kind"), truth.drop(columns="kind"), videos)
    assert spotting_scores(counts).loc["all", ["tp", "fp", "fn"]].tolist() == [2, 1, 1]
    with pytest.raises(BadInput, match="Only one of the two tables has a column kind"):
        count_hits(found.drop(columns="kind"), truth, videos)


def test_a_video_that_nobody_listed_is_refused(tables):
    found, truth, videos = tables
    with pytest.raises(BadInput, match="such as 'c'"):
        count_hits(found, truth, videos[videos["video"] != "c"])


def test_apex_error_counts_what_was_found(tables):
    assert apex_errors(tables[0], tables[1]).tolist() == [2.0]


def test_roc_falls_from_strict_to_lenient(tables):
    curve = roc(*tables)
    assert curve["threshold"].tolist() == [3.0, 2.0, 1.0]
    assert curve["tp"].tolist() == [1, 1, 1] and curve["fp"].tolist() == [0, 1, 2]
    assert (np.diff(curve["fpr"]) >= 0).all()
    calm = 300 - 10 - 40 - 10
    assert curve["fpr"].iloc[-1] == pytest.approx(31 / calm)  # the other lies in an expression


def test_strs_multiplies_spotting_and_recognition(tables):
    found, truth, videos = (t.drop(columns="kind", errors="ignore") for t in tables)
    both = strs(found, truth, videos)
    assert both["n"] == 2
    assert both["f1_spotting"] == pytest.approx(2 * 2 / (4 + 1 + 1))
    assert both["f1_analysis"] == pytest.approx((2 / 3 + 0) / 2)  # both called sad, one is
    assert both["strs"] == pytest.approx(both["f1_spotting"] * both["f1_analysis"])
