"""Nothing expensive before the arguments are checked."""

import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from mebench import Samples, evaluate
from mebench.base import Extractor
from mebench.errors import BadInput
from mebench.experiments import plan_runs, settings
from mebench.svm import PolySVC
from mebench.testing import make_clips


class Never(Extractor):
    """An extractor that must not be asked."""

    def _row(self, clip):
        raise AssertionError("features were extracted before the names were checked")

    def _names(self):
        return ["never"]


@pytest.fixture(scope="module")
def samples():
    import pandas as pd

    clips = make_clips(4)
    table = pd.DataFrame({"clip_id": [c.id for c in clips], "dataset": "toy",
                          "subject": list("1122"), "label": list("abab")})  # fmt: skip
    return Samples(clips, table, ["a", "b"], [])


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"scoring": "bogus"}, "Unknown measure 'bogus'"),
        ({"scoring": "usr"}, "Did you mean 'uar'"),
        ({"protocol": "looso"}, "Did you mean 'loso'"),
        ({"grid": "coarze"}, "Did you mean 'coarse'"),
        ({"tuning": "nestd"}, "Did you mean 'nested'"),
        ({"on_error": "skp"}, "Did you mean 'skip'"),
        ({"target": "labels"}, "Did you mean 'label'"),
    ],
)
def test_evaluate_checks_names_first(samples, wrong, says):
    with pytest.raises(BadInput, match=says):
        evaluate(make_pipeline(Never(), PolySVC()), samples, cache=False, **wrong)


def test_a_wrong_scoring_is_found_where_nothing_is_tuned(samples):
    with pytest.raises(BadInput, match="bogus"):
        evaluate(make_pipeline(Never(), KNeighborsClassifier(1)), samples, scoring="bogus",
                 tuning="fixed", cache=False)  # fmt: skip
    with pytest.raises(BadInput, match="KNeighborsClassifier"):
        evaluate(make_pipeline(Never(), KNeighborsClassifier(1)), samples, grid="coarse",
                 cache=False)  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"scoring": "bogus"}, "Unknown measure"),
        ({"missing": "skipp"}, "Did you mean 'skip'"),
        ({"on_error": "ski"}, "Did you mean 'skip'"),
        ({"variant": "croped"}, "Did you mean 'cropped'"),
        ({"labels": "4class"}, "no label set '4class'"),
    ],
)
def test_settings_of_an_experiment_are_checked(wrong, says):
    with pytest.raises(BadInput, match=says):
        plan_runs(settings(None, {"dataset": "casme2", "method": "mdmo", **wrong}))


def test_the_other_spelling_is_understood():
    plan = settings(None, {"dataset": "casme2", "method": "mdmo", "scoring": "f1_macro"})
    assert plan["scoring"] == "uf1"
