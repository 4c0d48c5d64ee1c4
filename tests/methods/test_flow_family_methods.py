"""The recipes of gradients, flow, strain and phase, from a clip to the row that is classified."""

import numpy as np
import pytest

from mebench import Clip
from mebench.methods import get_method
from mebench.methods.extract import extract
from mebench.methods.parts import split_pipeline
from mebench.preprocessing import EVM, GLMM, TIM
from mebench.svm import points
from mebench.synthetic import make_clip

WIDTHS = {
    "hog-top": 64 * 24,
    "higo-top": 64 * 24,
    "higo": 6 * 6 * 2 * 24,
    "fhofo": 512,
    "fdm": 8 * 8 * 4 * 2,
    "osf": 2500,
    "osw-lbp-top": 11328,
    "bi-woof-phase": 3 * 512,
    "glmm-lbp-top": 11328,
}


@pytest.fixture(scope="module")
def clips():
    """Two people, one of whom smiles and one frowns, without an annotated apex."""
    made = []
    for seed, aus in ((1, (12,)), (2, (4,))):
        frames, truth = make_clip(seed=seed, aus=aus, size=(320, 240))
        kept = frames[truth.onset : truth.offset + 1 : 4]
        made.append(Clip(f"c{seed}", kept, fps=50, landmarks=truth.landmarks[truth.onset]))
    return made


@pytest.mark.parametrize("name", WIDTHS)
def test_rows_of_made_up_faces(name, clips):
    method = get_method(name)
    assert method.n_features() == WIDTHS[name]
    steps, _ = split_pipeline(method.build())
    rows = extract(steps, clips).matrix()
    assert rows.shape == (2, WIDTHS[name]) and np.isfinite(rows).all()
    assert np.abs(rows[0] - rows[1]).max() > 0.01


def test_the_recipe_of_li_et_al():
    method = get_method("higo")
    steps = [type(step) for _, step in method.build().steps]
    assert steps.index(EVM) < steps.index(TIM) < len(steps) - 2
    grid = points(method.grid)
    assert [p.C for p in grid] == [0.1, 1, 10, 100, 1000] and {p.degree for p in grid} == {1}


def test_magnified_and_plain_lbp_top_differ_by_one_step():
    steps = [step for _, step in get_method("glmm-lbp-top").build().steps]
    plain = [step for _, step in get_method("lbp-top").build().steps]
    assert [repr(s) for s in steps if not isinstance(s, GLMM)] == [repr(s) for s in plain]
