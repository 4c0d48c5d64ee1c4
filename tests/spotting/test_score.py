import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_spotting import average_precision as slow_average_precision
from naive_spotting import best_matching, iou

from mebench.errors import BadInput
from mebench.spotting.matching import match_intervals, overlaps
from mebench.spotting.precision_curve import COCO_IOUS, average_precision, roc
from mebench.spotting.score import (
    apex_errors,
    count_hits,
    of_length,
    parse_lengths,
    scores_by_database,
    spotting_scores,
)
from mebench.spotting.spot_then_recognise import strs

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
    with pytest.raises(BadInput, match="videos: 'c'. Write"):
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


def two_databases():
    truth = pd.DataFrame({"dataset": ["A"], "video": ["v1"], "kind": "micro", "onset": [10],
                          "offset": [20]})  # fmt: skip
    videos = pd.DataFrame({"dataset": list("AB"), "video": "v1", "subject": "1"})
    return truth.assign(dataset="B"), truth, videos


def test_one_name_in_two_databases_is_two_videos():
    counts = count_hits(*two_databases())
    assert counts[["tp", "fp", "fn"]].sum().tolist() == [0, 1, 1]
    rows = scores_by_database(counts)
    assert rows.loc[("A", "micro"), ["tp", "fp", "fn"]].tolist() == [0, 0, 1]
    assert rows.loc[("B", "micro"), ["tp", "fp", "fn"]].tolist() == [0, 1, 0]
    assert rows.loc[("Overall", "all"), ["tp", "fp", "fn"]].tolist() == [0, 1, 1]
    # The person "1" of A is not the person "1" of B.
    assert np.isfinite(rows.loc[("Overall", "all"), "f1_low"])
    found, truth, videos = two_databases()
    with pytest.raises(BadInput, match="in 2 databases.*Add a column dataset"):
        count_hits(found.drop(columns="dataset"), truth, videos)


def test_the_challenge_ranks_by_counts_added_over_both_databases():
    # Baseline of 2020: counts of macro and micro on CAS(ME)² and SAMM Long, and what it prints.
    rows = [
        ("sq", "macro", 109, 1414, 191, 0.1196),
        ("sq", "micro", 21, 5014, 36, 0.0082),
        ("samm", "macro", 22, 334, 321, 0.0629),
        ("samm", "micro", 29, 1407, 130, 0.0364),
    ]
    counts = pd.DataFrame(rows, columns=["dataset", "kind", "tp", "fp", "fn", "f1"])
    scores = scores_by_database(counts.assign(video="v", subject="1"), n_resamples=2)
    for row in rows:
        assert scores.loc[(row[0], row[1]), "f1"] == pytest.approx(row[5], abs=6e-5)
    assert scores.loc[("sq", "all"), "f1"] == pytest.approx(0.0376, abs=6e-5)
    assert scores.loc[("samm", "all"), "f1"] == pytest.approx(0.0445, abs=6e-5)
    assert scores.loc[("Overall", "all"), ["tp", "fp", "fn"]].tolist() == [181, 8169, 678]


def test_videos_without_any_expression_count_or_do_not():
    # One record, 33 videos that show a micro-expression and 64 that do not.
    names = [f"v{i}" for i in range(97)]
    videos = pd.DataFrame({"video": names, "subject": names})
    truth = pd.DataFrame({"video": names[:33], "onset": 100, "offset": 110})
    found = pd.DataFrame({"video": names, "onset": 0, "offset": 10})
    found = pd.concat([found, truth[:5]], ignore_index=True)
    scores = spotting_scores(count_hits(found, truth, videos), n_resamples=2).loc["all"]
    assert scores[["tp", "fp", "fn", "fp_shown"]].tolist() == [5, 97, 28, 33]
    assert scores["f1"] == pytest.approx(10 / (10 + 97 + 28))
    assert scores["f1_shown"] == pytest.approx(10 / (10 + 33 + 28))
    assert scores["precision_shown"] == pytest.approx(5 / 38)


def test_every_video_that_the_truth_lacks_is_named(tables):
    found, truth, videos = tables
    with pytest.raises(BadInput, match=r"2 video\(s\).*'a', 'c'.*row of the truth without onset"):
        count_hits(found, truth[truth["video"] == "b"], videos[videos["video"] == "b"])


def test_lengths_are_frames_both_counted():
    assert parse_lengths("micro=7-16") == {"micro": (7, 16)}
    for wrong in ("micro", "micro=16-7", "nano=1-2", "micro=a-b", "7-16", ""):
        with pytest.raises(BadInput, match="least and most frames"):
            parse_lengths(wrong)
    found = pd.DataFrame({"kind": ["micro"] * 4 + ["macro"], "onset": 0,
                          "offset": [5, 6, 15, 16, 500]})  # fmt: skip
    assert of_length(found, parse_lengths("micro=7-16"))["offset"].tolist() == [6, 15, 500]
    with pytest.raises(BadInput, match="no column kind"):
        of_length(found.drop(columns="kind"), parse_lengths("micro=7-16"))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_average_precision_is_that_of_a_slow_twin(data):
    truth = data.draw(SPANS)
    found = data.draw(SPANS)
    scores = data.draw(st.lists(st.integers(0, 3), min_size=len(found), max_size=len(found)))
    tables = [
        pd.DataFrame(rows, columns=["onset", "offset"]).astype(float).assign(video="v")
        for rows in (found, truth)
    ]
    tables[0]["score"] = np.array(scores, float)
    for threshold in (0.5, 0.75):
        fast = average_precision(*tables, ious=(threshold,))["all"]
        slow = slow_average_precision(found, scores, truth, threshold)
        assert fast == pytest.approx(slow, nan_ok=True)


def test_average_precision_over_overlaps_and_kinds(tables):
    found, truth, _ = tables
    # The micro-expression of a is found with an overlap of .9, one of two is never found.
    assert average_precision(found, truth) == {"micro": 0.5, "macro": 0.0, "all": 0.25}
    assert average_precision(found, truth, COCO_IOUS)["micro"] == pytest.approx(0.5 * 9 / 10)
    with pytest.raises(BadInput, match="column score"):
        average_precision(found.drop(columns="score"), truth)
