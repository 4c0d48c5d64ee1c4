"""No extractor goes unchecked, and every method that is named can be built and is described."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from sklearn.base import TransformerMixin
from sklearn.pipeline import Pipeline

import mebench.features
from mebench.base import ClipStep
from mebench.methods import FAMILIES, METHODS, expand, get_method
from mebench.methods.combination import Branches
from mebench.methods.parts import split_pipeline
from mebench.svm import PolySVC, points

from ..testing import test_extractors as checks

#: Length of a row of each handcrafted method; of the part that learns nothing where more learns.
WIDTHS = {
    "lbp-top": 8 * 8 * 3 * 59,
    "mdmo": 36 * 2,
    "sparse-mdmo": 9 * 72,
    "bi-woof": 8 * 8 * 8,
    "hoof": 8 * 8 * 8,
    "3d-fft": 28 * 28 * 260,
    "hog-top": 8 * 8 * 3 * 8,
    "higo-top": 8 * 8 * 3 * 8,
    "higo": 6 * 6 * 2 * 3 * 8,
    "fhofo": 8 * 8 * 8,
    "fdm": 8 * 8 * 4 * 2,
    "osf": 50 * 50,
    "osw-lbp-top": 8 * 8 * 3 * 59,
    "bi-woof-phase": 8 * 8 * 8 * 3,
    "glmm-lbp-top": 8 * 8 * 3 * 59,
    "frame-lbp": 8 * 8 * 59,
    "lbp-sip": 8 * 8 * 20,
    "lbp-mop": 8 * 8 * 3 * 59,
    "lbp-xyot": 8 * 8 * 2 * 59,
    "elbptop": 3 * 2 * 8 * 8 * 3 * 256,
    "cbp-top": 15 * 3 * 32,
    "stclqp": 4 * 4 * 9 * 256,
    "stlbp-ip": 5 * 5 * (2 * 256 + 2 * 59),
    "tics-lbp-top": 3 * 8 * 8 * 3 * 59,
    "megc2019-lbp-top": 5 * 5 * 3 * 15,
}


def exported() -> list[type]:
    """The extractors and selectors that mebench.features names."""
    found = [getattr(mebench.features, name) for name in mebench.features.__all__]
    return [
        kind
        for kind in found
        if inspect.isclass(kind)
        and issubclass(kind, TransformerMixin)
        and not issubclass(kind, ClipStep)
    ]


@pytest.mark.parametrize("kind", exported(), ids=lambda kind: kind.__name__)
def test_exported_extractors_are_checked(kind):
    # The check takes a while; it runs once, over the list of that other test.
    (marks,) = checks.test_extractor_keeps_the_rules.pytestmark
    assert kind in marks.args[1]
    assert "check_extractor(" in inspect.getsource(checks.test_extractor_keeps_the_rules)


def test_checked_extractors_are_exported():
    assert set(checks.transformers()) <= set(exported())


@pytest.mark.parametrize("name", METHODS)
def test_every_name_builds_and_says_what_it_is(name):
    method = get_method(name)
    assert method.name == name and method.family in FAMILIES
    assert method.title and method.citation
    assert "\n" not in method.title + method.citation
    pipeline = method.build()
    assert isinstance(pipeline, Pipeline) and method.build() is not pipeline
    for key in method.tune:
        pipeline.get_params()[key]  # it exists


@pytest.mark.parametrize("name", expand(["handcrafted"]))
def test_every_handcrafted_method_has_the_dimension_of_its_paper(name):
    method = get_method(name)
    steps, tail = split_pipeline(method.build())
    extractor = steps[-1]
    assert extractor.n_features == WIDTHS[name]
    names = extractor.get_feature_names_out()
    assert len(names) == len(np.unique(names.astype(str))) == WIDTHS[name]
    assert isinstance(tail.steps[-1][1], PolySVC) and len(points(method.grid)) > 1


@pytest.mark.parametrize("name", expand(["combination"]))
def test_named_combinations_are_of_named_methods(name):
    pipeline = get_method(name).build()
    assert isinstance(pipeline[0], Branches)
    members = [key for key, _ in pipeline[0].branches]
    assert set(members) <= set(METHODS)
    assert get_method(name).n_features() == sum(WIDTHS[member] for member in members)
