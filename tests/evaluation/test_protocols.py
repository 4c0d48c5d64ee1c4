import numpy as np
import pandas as pd
import pytest

from mebench.errors import BadInput
from mebench.evaluation import PROTOCOLS, loso
from mebench.evaluation.protocols import in_words, protocol


def test_loso_tests_every_clip_once_and_never_a_known_person():
    table = pd.DataFrame({"dataset": list("aabbaa"), "subject": list("121231")})
    folds = list(loso(table))
    assert [f.name for f in folds] == ["a/1", "a/2", "a/3", "b/1", "b/2"]
    tested = np.concatenate([f.test for f in folds])
    assert sorted(tested) == list(range(6))
    keys = table["dataset"] + "/" + table["subject"]
    for fold in folds:
        assert not set(keys.iloc[fold.train]) & set(keys.iloc[fold.test])
        assert len(fold.train) + len(fold.test) == 6


def test_equal_numbers_in_two_databases_are_two_persons():
    table = pd.DataFrame({"dataset": ["a", "b"], "subject": ["1", "1"]})
    assert [fold.name for fold in loso(table)] == ["a/1", "b/1"]


def test_subjects_in_natural_order():
    table = pd.DataFrame({"dataset": "a", "subject": ["sub10", "sub2", "sub1"]})
    assert [fold.name for fold in loso(table)] == ["a/sub1", "a/sub2", "a/sub10"]


def test_one_subject_cannot_be_left_out():
    with pytest.raises(BadInput, match="at least two subjects, found 1"):
        list(loso(pd.DataFrame({"dataset": "a", "subject": ["1", "1"]})))


def test_names():
    assert protocol("loso") is loso and protocol(loso) is loso
    with pytest.raises(BadInput, match="loso"):
        protocol("kfold-of-dreams")
    assert all(in_words(name) for name in PROTOCOLS)
