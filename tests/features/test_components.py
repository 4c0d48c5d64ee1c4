"""Components of many rows are those of scikit-learn, whichever way they are found."""

import numpy as np
import pytest
from scipy.linalg import eigh
from sklearn.decomposition import PCA

from mebench.features import leading as module
from mebench.features.components import Components
from mebench.features.leading import leading
from mebench.features.products import InBlocks, Products
from mebench.storage.rows import gram_matrix, mapped


def by_share(share):
    def count(values, total):
        return int(np.searchsorted(np.cumsum(values) / total, share - 1e-12)) + 1

    return count


def with_spectrum(values, seed=0):
    n = len(values)
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))[0]
    matrix = (turn * values) @ turn.T
    return (matrix + matrix.T) / 2


@pytest.mark.parametrize(
    ("values", "share", "few"),
    [
        (np.arange(1, 601.0) ** -2, 0.99, True),
        (np.exp(-np.arange(600) / 6.0), 0.95, True),
        (np.repeat([8.0, 4.0, 1e-3], [3, 2, 595]), 0.95, True),  # equal values
        (np.repeat([5.0, 1.0, 0.0], [1, 29, 570]), 1.0, True),  # of rank 30
        (np.arange(1, 601.0) ** -0.5, 0.9, False),
        (np.ones(600), 0.95, False),
    ],
)
def test_leading_vectors_are_those_of_all(values, share, few):
    matrix = with_spectrum(values)
    known, vectors = eigh(matrix)
    k = by_share(share)(known[::-1].clip(0), known.sum())
    tried = module._krylov(matrix, by_share(share), np.trace(matrix))
    assert (tried is not None) == few
    found, ours = leading(matrix.copy(), by_share(share))
    assert ours.shape == (600, k)
    np.testing.assert_allclose(found, known[::-1][:k], atol=1e-13 * known[-1])
    np.testing.assert_allclose(ours.T @ ours, np.eye(k), atol=1e-12)
    if values[k - 1] > 1.001 * values[min(k, 599)]:  # the space is well defined
        expected = vectors[:, 600 - k :] @ vectors[:, 600 - k :].T
        np.testing.assert_allclose(ours @ ours.T, expected, atol=1e-9)


def test_nothing_leads_where_nothing_moves():
    found = Components(np.ones((300, 5)), by_share(0.95))
    assert found.transform(np.ones((2, 5))).shape == (2, 0)
    still = Products(np.ones((300, 300)), np.arange(300))
    assert Components(still, by_share(0.95)).transform(still).shape == (300, 0)


@pytest.mark.parametrize("shape", [(500, 40), (120, 300)], ids=["short", "long"])
@pytest.mark.parametrize("kept", [0.9, 7])
@pytest.mark.parametrize("in_file", [False, True])
def test_components_are_those_of_scikit_learn(shape, kept, in_file):
    rng = np.random.default_rng(0)
    X = rng.normal(size=shape) @ np.diag(np.arange(1, shape[1] + 1.0) ** -0.7) + 3
    train, rest = X[: shape[0] - 50], X
    peer = PCA(kept, svd_solver="full").fit(train)
    enough = by_share(kept) if kept < 1 else lambda squares, total: kept
    found = Components(mapped(train) if in_file else train, enough)
    np.testing.assert_allclose(found.squares, peer.singular_values_**2, rtol=1e-10)
    ours, expected = found.transform(rest), peer.transform(rest)
    np.testing.assert_allclose(np.abs(ours), np.abs(expected), atol=1e-9)
    farthest = np.abs(ours[: len(train)]).argmax(axis=0)
    assert (ours[farthest, np.arange(ours.shape[1])] > 0).all()
    all_ = InBlocks([Products(gram_matrix(rest), np.arange(len(rest)))])
    some = all_[np.arange(len(train))].parts[0]
    known = Components(some, enough)
    for asked in (some, all_.parts[0][np.arange(len(train))]):  # what it was fitted to, and not
        np.testing.assert_allclose(known.transform(asked), ours[: len(train)], atol=1e-9)
    np.testing.assert_allclose(known.transform(all_.parts[0]), ours, atol=1e-9)
