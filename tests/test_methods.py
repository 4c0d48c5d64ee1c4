import sys

import pytest
from sklearn.pipeline import Pipeline

from mebench.errors import BadInput
from mebench.methods import METHODS, Method, get_method
from mebench.methods.parts import split_pipeline
from mebench.svm import points


@pytest.mark.parametrize("name", METHODS)
def test_every_named_method(name):
    method = get_method(name)
    assert method.name == name and method.title and method.citation
    pipeline = method.build()
    assert isinstance(pipeline, Pipeline) and pipeline is not method.build()
    steps, _ = split_pipeline(pipeline)
    assert steps, "the features should be there before fitting, so that they run once per clip"
    if method.grid is not None:
        assert len(points(method.grid)) > 1


def test_dimensions():
    assert get_method("lbp-top").n_features() == 11328
    assert get_method("mdmo").n_features() == 72


def test_anybodys_estimator(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(
        "from sklearn.neighbors import KNeighborsClassifier\n"
        "from mebench.methods import Method\n"
        "near = KNeighborsClassifier(1)\n"
        "def build():\n    return KNeighborsClassifier(3)\n"
        "method = Method('own', build, citation='me')\n"
        "number = 7\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert get_method("mine:near").build().n_neighbors == 1
    assert get_method("mine:build").build().n_neighbors == 3
    assert get_method("mine:KNeighborsClassifier").build().n_neighbors == 5
    assert get_method("mine:method").citation == "me"
    for path, message in (
        ("mine:far", "Cannot load the method 'mine:far'"),
        ("nowhere:near", "Cannot load the method 'nowhere:near'"),
        ("mine:number", "not a scikit-learn estimator"),
    ):
        with pytest.raises(BadInput, match=message):
            get_method(path)


def test_unknown_names_get_a_hint():
    with pytest.raises(BadInput, match=r"Did you mean 'mdmo'\?.*package.module:object"):
        get_method("mdmoo")


def test_a_method_is_taken_as_it_is():
    method = Method("x", lambda: None)
    assert get_method(method) is method
