import json

import numpy as np
import pandas as pd
import pytest

from mebench.errors import BadInput
from mebench.results import compare, draw_ranks
from mebench.results.diagram import cliques
from mebench.scoring import Predictions, friedman, permutation_test
from mebench.scoring.bootstrap import subject_blocks


def run(method, skill, dataset="casme2", seed=0, **header):
    rng = np.random.default_rng([seed, int(1000 * skill)])
    truth = np.random.default_rng(seed).choice(list("abc"), 200)
    guess = np.where(rng.random(200) < skill, truth, rng.choice(list("abc"), 200))
    subject = (np.arange(200) % 20).astype(str)
    table = pd.DataFrame(
        {"clip_id": [f"{dataset}{i}" for i in range(200)], "dataset": dataset, "subject": subject,
         "fold": subject, "y_true": truth, "y_pred": guess}
    )  # fmt: skip
    base = {"dataset": dataset, "labels": "3class", "protocol": "loso", "method": method,
            "tuning": "nested", "classes": list("abc")}  # fmt: skip
    return Predictions(table, {**base, **header})


def test_a_clear_difference_may_be_claimed():
    a, b = run("mdmo", 0.8), run("lbp-top", 0.3)
    found = compare([a, b])
    (pair,) = found.tasks[0].pairs
    assert pair.p_holm < 0.01 and found.ranks is None
    assert found.sentences()[0].startswith(
        "On casme2 3class loso, it may be claimed that mdmo is better"
    )
    blocks = [
        subject_blocks(r.table["y_true"].to_numpy(object), r.table["y_pred"].to_numpy(object),
                       r.table["subject"].to_numpy(object), "abc")
        for r in (a, b)
    ]  # fmt: skip
    assert pair.test.p_permutation == permutation_test(*blocks)
    # Whoever comes first, the better one is named first.
    assert "claimed that mdmo is better than lbp-top" in compare([b, a]).sentences()[0]
    json.dumps(found.summary())


def test_chance_may_not_be_claimed():
    found = compare([run("mdmo", 0.5), run("lbp-top", 0.501)])
    assert "may not be claimed" in found.sentences()[0]


def test_pairs_of_a_task_are_corrected_for_their_number():
    found = compare([run("x", 0.6), run("y", 0.5), run("z", 0.4)])
    pairs = found.tasks[0].pairs
    assert len(pairs) == 3 and "corrected for 3 comparisons" in pairs[0].claim
    smallest = min(pairs, key=lambda p: p.test.p_permutation)
    assert smallest.p_holm == pytest.approx(min(1, 3 * smallest.test.p_permutation))


def test_ranks_over_databases(tmp_path):
    runs = [
        run(m, s, d, seed)
        for seed, d in enumerate(["casme2", "samm", "smic", "casme", "mmew", "4dme", "casme3"])
        for m, s in (("good", 0.8), ("fair", 0.55), ("poor", 0.2))
    ]
    found = compare(runs, n_permutations=199)
    assert found.ranks.ranks == [1.0, 2.0, 3.0] and found.ranks.n_datasets == 7
    assert "the methods differ" in found.remarks[0]
    assert any("may be claimed that good is better than poor" in r for r in found.remarks)
    for name in ("cd.png", "cd.svg", "cd.pdf"):
        a, b = (draw_ranks(found.ranks, tmp_path / f / name).read_bytes() for f in "ab")
        assert a == b and len(a) > 1000
    with pytest.raises(BadInput, match="written as"):
        draw_ranks(found.ranks, tmp_path / "cd.xyz")
    few = compare(runs[:6], n_permutations=99)
    assert "cannot reach p = 0.05" in few.remarks[-1]


def test_cliques():
    assert cliques([1, 2, 3, 4], 1.5) == [(1, 2), (2, 3), (3, 4)]
    assert cliques([1, 2, 3], 0.5) == [] and cliques([3, 1, 2], 5) == [(1, 3)]
    assert friedman({"a": [1, 2], "b": [2, 3]}).critical_difference > 0


def test_what_cannot_be_compared():
    a = run("x", 0.5)
    other = Predictions(
        a.table.assign(y_true=a.table["y_true"].to_numpy()[::-1]), {**a.header, "method": "y"}
    )
    found = compare([a, other])
    assert not found.tasks[0].pairs and "disagree about the truth" in found.sentences()[0]
    part = Predictions(a.table.iloc[:150], {**run("y", 0.5).header})
    assert "50 others were left out" in compare([a, part]).tasks[0].remarks[0]
    with pytest.raises(BadInput, match="two runs"):
        compare([a])
    with pytest.raises(BadInput, match="Unknown measure"):
        compare([a, a], measure="kappa")


def test_leaky_runs_are_marked():
    leaky = run("y", 0.9, warnings=["PERSONS OVERLAP: all"])
    oracle = run("z", 0.9, tuning="oracle")
    found = compare([run("x", 0.2), leaky, oracle])
    assert "because of oracle tuning and persons overlap" in " ".join(found.sentences())
    assert [r["warnings"] for r in found.tasks[0].rows] == [
        [],
        ["persons overlap"],
        ["oracle tuning"],
    ]
    assert found.tasks[0].rows[2]["method"] == "z (oracle)"


def test_runs_of_one_method_are_told_apart():
    runs = [run("x", 0.5), run("x", 0.6), run("x", 0.7, tuning="fixed")]
    names = [row["method"] for row in compare(runs, names=["one", "two", "three"]).tasks[0].rows]
    assert names == ["x (nested) [one]", "x (nested) [two]", "x (fixed)"]
