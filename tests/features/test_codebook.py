"""Codebooks of binary patterns."""

import numpy as np
import pytest
from sklearn.base import clone

from mebench.errors import BadInput
from mebench.features import PatternCodebook
from mebench.features.selection import variance_ratio

SMALL = {"points": 4, "n_kinds": 2, "n_words": 3}


@pytest.fixture
def rows():
    """12 clips, 3 regions, 2 kinds of patterns, 16 codes."""
    rng = np.random.default_rng(0)
    return rng.dirichlet(np.full(16, 0.3), (12, 3, 2)).reshape(12, -1), np.tile(["a", "b"], 6)


def slow_words(frequencies, start, n_iter):
    """k-means of the 16 patterns, one at a time."""
    bits = [[code >> p & 1 for p in range(4)] for code in range(16)]
    weights = frequencies.sum(axis=0)
    centres = [np.array(bits[c], float) for c in start]
    words = [-1] * 16
    for _ in range(n_iter):
        found = []
        for pattern in bits:
            distances = [((centre - pattern) ** 2).sum() for centre in centres]
            found.append(min(range(len(centres)), key=lambda w: (round(distances[w], 12), w)))
        if found == words:
            break
        words = found
        for w in range(len(centres)):
            members = [c for c in range(16) if words[c] == w]
            total = sum(weights[c] for c in members)
            if total > 0:
                centres[w] = sum(weights[c] * np.array(bits[c], float) for c in members) / total
    return words


@pytest.mark.parametrize("init", ["fisher", "frequent"])
def test_equals_the_slow_twin(rows, init):
    X, y = rows
    book = PatternCodebook(**SMALL, init=init).fit(X, y)
    per_clip = X.reshape(12, 3, 2, 16).mean(axis=1)
    for kind in range(2):
        f = per_clip[:, kind]
        merit = variance_ratio(f, y) if init == "fisher" else f.sum(axis=0)
        start = sorted(range(16), key=lambda c, merit=merit: (-merit[c], c))[:3]
        assert book.words_[kind].tolist() == slow_words(f, start, 20)


def test_words_are_sums_of_codes(rows):
    X, y = rows
    book = PatternCodebook(**SMALL).fit(X, y)
    found = book.transform(X).reshape(12, 3, 2, 3)
    codes = X.reshape(12, 3, 2, 16)
    for kind in range(2):
        for word in range(3):
            expected = codes[:, :, kind, book.words_[kind] == word].sum(axis=-1)
            np.testing.assert_allclose(found[:, :, kind, word], expected)


def test_as_many_words_as_codes_keep_everything(rows):
    X, y = rows
    found = PatternCodebook(points=4, n_kinds=2, n_words=16).fit_transform(X, y)
    np.testing.assert_allclose(
        np.sort(found.reshape(-1, 16), axis=1), np.sort(X.reshape(-1, 16), axis=1)
    )


def test_nothing_of_other_rows_enters(rows):
    X, y = rows
    a = PatternCodebook(**SMALL).fit(X[:8], y[:8])
    assert (clone(a).fit(X[:8], y[:8]).words_ == a.words_).all()
    np.testing.assert_array_equal(a.transform(X)[9:], a.transform(X[9:]))
    assert a.get_feature_names_out()[-1] == "patterncodebook17"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"init": "random"}, "init"),
        ({"n_words": 17}, "n_words"),
        ({"n_words": 0}, "n_words"),
        ({"n_kinds": 5}, "whole number"),
    ],
)
def test_clear_errors(rows, params, message):
    with pytest.raises(BadInput, match=message):
        PatternCodebook(**{**SMALL, **params}).fit(*rows)


def test_labels_are_needed_for_the_fisher_criterion(rows):
    with pytest.raises(BadInput, match="needs labels"):
        PatternCodebook(**SMALL).fit(rows[0])
    assert PatternCodebook(**SMALL, init="frequent").fit(rows[0]).words_.shape == (2, 16)
