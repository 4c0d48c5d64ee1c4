import pytest

from mebench.results.flags import flags, is_honest

from .stored_runs import run, samples, units_run


def keys(predictions):
    return [flag.key for flag in flags(predictions)]


def test_a_good_run_has_no_flags():
    assert keys(run(wrong=0)) == [] and is_honest(run(wrong=0))


@pytest.mark.parametrize(
    ("head", "key", "grave", "word"),
    [
        ({"tuning": "oracle", "nested_scores": {"uf1": 0.25}}, "oracle", True, "+0.750"),
        ({"warnings": ["PERSONS OVERLAP: 3 persons"]}, "overlap", True, "3 persons"),
        ({"notes": ["A synthetic corpus in the layout of CASME II, no recordings"]}, "twin", False,
         "nothing about recordings"),
        ({"search": {"how": "halving", "rungs": [{"persons": 3, "points": 9}]}}, "search", False,
         "halving"),
        ({"skipped": {"db/s1/x": "no face"}}, "skipped", False, "db/s1/x"),
        ({"notes": ["apex: annotated in 2 clip(s), the middle frame in 10"]}, "apex", False,
         "10 of 12 clips"),
        ({"notes": ["db: 3 clips whose apex lies outside the clip, treated as not annotated: x"]},
         "apex", False, "3 clips"),
        ({"notes": ["2 clips left out because it cannot be used: s1/a"]}, "skipped", False, "s1/a"),
    ],
)  # fmt: skip
def test_what_a_header_tells(head, key, grave, word):
    (flag,) = flags(run(wrong=0, **head))
    assert (flag.key, flag.grave) == (key, grave) and word in flag.text
    assert is_honest(run(wrong=0, **head)) is not grave


def test_all_apexes_annotated_is_no_warning():
    assert keys(run(wrong=0, notes=["apex: annotated in 9 clip(s), the middle frame in 0"])) == []


def test_missing_folds_are_counted():
    (flag,) = flags(run(complete=False, n_folds=9))
    assert flag.key == "incomplete" and flag.grave and "4 of 9 folds" in flag.text


def test_no_better_than_always_the_same_answer():
    found = {flag.key: flag.text for flag in flags(run(wrong=12))}
    assert set(found) == {"majority", "chance"}
    assert ".333" in found["chance"] and ".167" in found["majority"]
    lopsided = samples(classes=("neg", "neg2"))
    lopsided.table["label"] = ["neg"] * 11 + ["neg2"]
    same = run(of=lopsided, wrong=0)
    same.table["y_pred"] = ["neg"] * 10 + ["neg2"] * 2
    assert "accuracy" in keys(same) or "majority" in keys(same)


def test_units_below_calling_everything():
    assert keys(units_run()) == ["majority"]
