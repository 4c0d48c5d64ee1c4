"""The exact search of confusion matrices against going through all of them."""

import sys

import numpy as np
import pytest
from naive_feasible import pairs

from mebench.errors import BadInput
from mebench.scoring.claims import claim
from mebench.scoring.feasible import feasible
from mebench.scoring.metrics import scores

module = sys.modules["mebench.scoring.feasible"]  # the package has a function of that name


@pytest.mark.parametrize("counts", [(5, 4), (4, 3, 3), (2, 5, 3), (2, 2, 1, 2)])
def test_equals_going_through_all(counts):
    all_of = pairs(counts)
    rng = np.random.default_rng(0)
    for i in range(60):
        # Half of the claims are scores that some matrix has.
        aim = all_of[rng.integers(len(all_of))] if i % 2 else rng.random(3)
        uf1, uar = np.round(aim[:2], 3)
        found = feasible(counts, uf1=uf1, uar=uar, decimals=3)
        slack = 0.0005 + 1e-9
        miss = np.maximum(np.abs(all_of[:, :2] - [uf1, uar]) - slack, 0)
        nearest = np.hypot(*miss.T).min()
        assert found.possible == (nearest == 0), (counts, uf1, uar)
        assert found.distance == pytest.approx(nearest, abs=1e-7)
        own = scores(found.nearest)
        beyond = np.maximum(np.abs([own["uf1"] - uf1, own["uar"] - uar]) - slack, 0)
        assert np.hypot(*beyond) == pytest.approx(nearest, abs=1e-7)
        assert found.nearest.sum(1).tolist() == list(counts) and (found.nearest >= 0).all()
        at_uar = all_of[np.abs(all_of[:, 1] - uar) <= slack][:, 0]
        if len(at_uar):
            assert found.uf1_bound == pytest.approx((at_uar.min(), at_uar.max()))
        else:
            assert found.uf1_bound is None and "cannot be had" in found.sentence()


def test_accuracy_and_single_claims_equal_going_through_all():
    counts = (4, 3, 3)
    all_of = pairs(counts)
    rng = np.random.default_rng(1)
    for i in range(60):
        aim = all_of[rng.integers(len(all_of))] if i % 2 else rng.random(3)
        named = dict(zip(("uf1", "uar", "accuracy"), np.round(aim, 3), strict=True))
        for names in (("uf1", "uar", "accuracy"), ("uf1", "accuracy"), ("uar",), ("uf1",)):
            columns = [("uf1", "uar", "accuracy").index(n) for n in names]
            miss = np.abs(all_of[:, columns] - [named[n] for n in names]) - 0.0005 - 1e-9
            nearest = np.sqrt((np.maximum(miss, 0) ** 2).sum(1)).min()
            found = feasible(counts, **{n: named[n] for n in names}, decimals=3)
            assert found.distance == pytest.approx(nearest, abs=1e-7)


@pytest.mark.parametrize("uf1", [".2000", ".5280", ".0001"])
def test_compiled_or_not_it_is_the_same_search(uf1, monkeypatch):
    sizes, claims = [23, 17, 14], {"uf1": uf1, "uar": ".5280"}
    monkeypatch.setattr(module, "_waited", 0.0)
    plain = feasible(sizes, **claims)
    assert module._waited > 0
    monkeypatch.setattr(module, "_FEW", 0)
    assert repr(feasible(sizes, **claims)) == repr(plain)


def test_the_lbp_top_pair_on_smic_cannot_be():
    found = feasible([70, 51, 43], uf1=".2000", uar=".5280")
    assert not found.possible
    assert found.uf1_bound[0] == pytest.approx(0.398, abs=5e-4)
    assert "IMPOSSIBLE" in found.sentence() and "0.398" in found.sentence()
    assert found.nearest.sum(1).tolist() == [70, 51, 43]


@pytest.mark.parametrize(
    ("counts", "uf1", "uar"),
    [
        ([70, 51, 43], ".5727", ".5829"),
        ([250, 109, 83], ".5882", ".5785"),
        ([88, 32, 25], ".7026", ".7429"),
        ([92, 26, 15], ".3954", ".4102"),
    ],
)
def test_other_printed_pairs_can_be(counts, uf1, uar):
    found = feasible(counts, uf1=uf1, uar=uar)
    own = scores(found.nearest)
    assert found.possible and f"{own['uf1']:.4f}" == f"0{uf1}" and f"{own['uar']:.4f}" == f"0{uar}"


def test_five_classes_of_real_size():
    counts = [32, 63, 27, 25, 99]
    assert feasible(counts, uf1=".4481", uar=".4600").possible
    found = feasible(counts, uf1=".2000", uar=".5280")
    assert not found.possible and found.uf1_bound[0] == pytest.approx(0.2674, abs=1e-4)
    # The order of the classes does not matter.
    other = feasible(counts[::-1], uf1=".2000", uar=".5280")
    assert other.uf1_bound == found.uf1_bound and other.distance == pytest.approx(found.distance)


def test_the_last_digits_count():
    assert feasible([3, 3], uar=".67").possible and not feasible([3, 3], uar=".6700").possible
    assert feasible([3, 3], uar="66.67").possible and feasible([3, 3], uar=0.6667).possible
    assert feasible([3, 3], uar=0.67, tolerance=0.01).possible
    assert claim("50%").value == 0.5 and claim(1.0).value == 1.0


@pytest.mark.parametrize(
    ("counts", "scores", "message"),
    [
        ([3], {"uf1": ".5"}, "two or more"),
        ([3, 0], {"uf1": ".5"}, "at least 1"),
        ([3.5, 2], {"uf1": ".5"}, "whole numbers"),
        ([3, 3], {}, "Nothing is claimed"),
        ([3, 3], {"uf1": "half"}, "found 'half'"),
        ([3, 3], {"uf1": "-1"}, "lies from 0 to 1"),
        ([3, 3], {"uf1": "101"}, "in percent"),
        ([3, 3], {"uf1": "nan"}, "lies from|number"),
        ([90] * 7, {"uf1": ".5"}, "too many"),
    ],
)
def test_clear_errors(counts, scores, message):
    with pytest.raises(BadInput, match=message):
        feasible(counts, **scores)


@pytest.mark.parametrize(
    ("printed", "possible", "said"),
    [
        (".3617886178861789", True, "0.3617886178861789"),  # 89 of 246, as a computer prints it
        (".3617886178", False, "0.3617886178"),  # cut off, not rounded
        (".3618", True, "0.3618"),
        ("36.18%", True, "0.3618"),
        (0.36178861, True, "0.36178861"),
    ],
)
def test_claims_are_told_with_the_digits_at_which_they_were_tested(printed, possible, said):
    found = feasible([88, 51, 107], accuracy=printed)
    assert found.possible == possible
    assert f"has accuracy {said}." in found.sentence() and f" accuracy {said} " in found.sentence()
    assert found.printed == {"accuracy": said} and found.digits == max(4, len(said) - 2)


def test_digits_of_bounds_follow_those_of_the_claims():
    text = feasible([70, 51, 43], uf1=".2000", uar=".3333333").sentence()
    assert "UF1 0.2000, UAR 0.3333333" in text
    low = text.split("to lie from ")[1].split(" ")[0]
    assert len(low.partition(".")[2]) == 7
    assert " ± 0.01" in feasible([70, 51, 43], uar=".53", tolerance=0.01).sentence()


def test_cut_digits_are_told_from_what_is_far():
    near = feasible([92, 26, 15], uf1=".6209", uar=".5989")
    assert not near.possible and near.distance < 1e-4 and "last digits" in near.sentence()
    assert "last digits" not in feasible([70, 51, 43], uf1=".2000", uar=".5280").sentence()
