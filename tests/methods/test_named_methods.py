"""The recipes, from a clip to the row that the classifier sees."""

import numpy as np
import pytest

from mebench import Clip
from mebench.features import FindApex
from mebench.methods import expand, get_method
from mebench.methods.extract import extract
from mebench.methods.parts import split_pipeline
from mebench.synthetic import make_clip

WIDTHS = {
    "lbp-top": 11328,
    "mdmo": 72,
    "sparse-mdmo": 648,  # of the part that learns nothing
    "bi-woof": 512,
    "hoof": 512,
    "3d-fft": 784 * 260,
    "frame-lbp": 64 * 59,
    "lbp-sip": 64 * 20,
    "lbp-mop": 64 * 177,
    "lbp-xyot": 64 * 118,
    "elbptop": 3 * 98304,
    "cbp-top": 15 * 96,
    "stclqp": 16 * 9 * 256,  # of the part that learns nothing
    "stlbp-ip": 25 * 630,
    "tics-lbp-top": 3 * 11328,
    "megc2019-lbp-top": 25 * 3 * 15,
}


@pytest.fixture(scope="module")
def clips():
    """Two people, one of whom smiles and one frowns, without an annotated apex."""
    made = []
    for seed, aus in ((1, (12,)), (2, (4,))):
        frames, truth = make_clip(seed=seed, aus=aus, size=(320, 240))
        kept = frames[truth.onset : truth.offset + 1 : 2]
        made.append(Clip(f"c{seed}", kept, fps=100, landmarks=truth.landmarks[truth.onset]))
    return made


@pytest.mark.parametrize("name", WIDTHS)
def test_rows_of_made_up_faces(name, clips):
    steps, _ = split_pipeline(get_method(name).build())
    rows = extract(steps, clips).matrix()
    assert rows.shape == (2, WIDTHS[name]) and np.isfinite(rows).all()
    assert np.abs(rows[0] - rows[1]).max() > 0.01


def test_bi_woof_takes_the_middle_only_where_no_apex_is_known(clips):
    steps, _ = split_pipeline(get_method("bi-woof").build())
    find = next(step for step in steps if isinstance(step, FindApex))
    assert (find.policy, find.replace) == ("middle", False)
    marked = [clip.replace(apex=3) for clip in clips]
    assert [clip.apex for clip in find.transform(marked)] == [3, 3]
    assert find.transform(clips)[0].apex == (len(clips[0]) - 1) // 2


@pytest.mark.parametrize(
    ("name", "learned"),
    [
        ("elbptop", "WhitenedPCA"),
        ("cbp-top", "VarianceRatio"),
        ("stclqp", "PatternCodebook"),
    ],
)
def test_what_learns_does_so_inside_the_fold(name, learned):
    _, tail = split_pipeline(get_method(name).build())
    assert [type(step).__name__ for _, step in tail.steps] == [learned, "PolySVC"]


def test_colour_is_asked_for():
    assert get_method("tics-lbp-top").colour and not get_method("lbp-top").colour


def test_the_grand_challenges_baseline():
    steps, tail = split_pipeline(get_method("megc2019-lbp-top").build())
    tim, descriptor = steps[-2:]
    assert tim.n_frames == 10 and tail.steps[-1][1].kernel == "linear"
    assert (descriptor.radii, descriptor.points, descriptor.regions) == ((1, 1, 4), 4, (5, 5))


@pytest.mark.parametrize("name", ["bi-woof", "3d-fft", "elbptop", "megc2019-lbp-top"])
def test_linear_machines_are_tuned_over_c_alone(name):
    method = get_method(name)
    classifier = method.build().steps[-1][1]
    assert (classifier.kernel, classifier.C, method.grid) == ("linear", 1, "linear")


@pytest.mark.parametrize("name", expand(["handcrafted"]))
def test_untuned_parameters_are_neutral(name):
    """None of them is an optimum that somebody found on test folds, as a thesis' were."""
    machine = get_method(name).build()[-1]
    if machine.kernel == "linear":
        assert machine.C == 1
    elif name != "sparse-mdmo":  # its rows are not histograms: ours, from its scale
        assert (machine.degree, machine.coef0, machine.gamma, machine.C) == (2, 1, "scale", 1)
