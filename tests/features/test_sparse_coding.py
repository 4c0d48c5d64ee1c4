import warnings
from pathlib import Path

import naive_sparse
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Lasso

from mebench.errors import BadInput
from mebench.features.sparse_coding import (
    basis_step,
    graph_codes,
    knn_graph,
    learn_dictionary,
    neighbour_codes,
    objective,
    sparse_codes,
)

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "graph_sparse_coding.npz")


def problem(m=8, n=30, size=14, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((m, n))
    B = rng.standard_normal((m, size))
    return X, B / np.linalg.norm(B, axis=0)


def golden_parameters(key):
    return [float(part[1:].replace("p", ".")) for part in key.split("_")[1:]]


@pytest.mark.parametrize("key", [key for key in GOLDEN if key.startswith("S32")])
def test_reference_objective(key):
    X, B, W = GOLDEN["X"], GOLDEN["B0"], GOLDEN["W"]
    alpha, beta = golden_parameters(key)
    ours = objective(X, B, graph_codes(X, B, W, alpha, beta), W, alpha, beta)
    theirs = objective(X, B, GOLDEN[key], W, alpha, beta)
    assert ours <= theirs * (1 + 1e-10)


@pytest.mark.parametrize("key", [key for key in GOLDEN if key.startswith("B_")])
def test_reference_basis(key):
    B = basis_step(GOLDEN["X"], GOLDEN["S32_" + key[2:]])
    assert_allclose(B, GOLDEN[key], atol=1e-7)


@pytest.mark.parametrize(("alpha", "beta"), [(0, 0.1), (0.1, 0.1), (2, 0.05), (0.1, 1)])
def test_codes_are_those_of_the_slow_twin(alpha, beta):
    X, B = problem()
    W = knn_graph(X, 4).toarray()
    ours = graph_codes(X, B, W, alpha, beta, tol=1e-10)
    slow = naive_sparse.graph_codes(X, B, W, alpha, beta)
    assert_allclose(ours, slow, atol=1e-6)
    expected = naive_sparse.objective(X, B, slow, W, alpha, beta)
    assert_allclose(objective(X, B, ours, W, alpha, beta), expected, rtol=1e-10)


def test_objective_with_any_weights():
    X, B = problem()
    rng = np.random.default_rng(1)
    S = rng.standard_normal((14, 30))
    W = rng.uniform(0, 1, (30, 30))
    W = W + W.T
    np.fill_diagonal(W, 0)
    expected = naive_sparse.objective(X, B, S, W, 0.3, 0.2)
    assert_allclose(objective(X, B, S, W, 0.3, 0.2), expected)
    assert_allclose(objective(X, B, S, sparse.csr_matrix(W), 0.3, 0.2), expected)
    # Self-loops join nobody.
    assert_allclose(objective(X, B, S, W + np.eye(30), 0.3, 0.2), expected)


def test_a_stronger_graph_brings_the_codes_of_neighbours_together():
    X, B = problem(n=6)
    spread = [
        np.ptp(graph_codes(X, B, np.ones((6, 6)), alpha, 0.01, tol=1e-4), axis=1).max()
        for alpha in (0, 0.1, 1, 10)
    ]
    assert spread == sorted(spread, reverse=True) and spread[-1] < 0.1 * spread[0]


def test_no_graph_is_the_lasso():
    X, B = problem()
    S = sparse_codes(X, B, 0.2, tol=1e-10)
    lasso = Lasso(alpha=0.2 / len(X), fit_intercept=False, tol=1e-12, max_iter=100000).fit(B, X)
    assert_allclose(S, lasso.coef_.T, atol=1e-6)
    assert_allclose(graph_codes(X, B, np.zeros((30, 30)), 1, 0.2, tol=1e-10), S, atol=1e-8)


def test_a_large_beta_leaves_nothing():
    X, B = problem()
    assert_array_equal(sparse_codes(X, B, np.abs(B.T @ X).max()), 0)
    assert_array_equal(sparse_codes(np.zeros((8, 3)), B, 0.1), 0)


@pytest.mark.parametrize("weights", ["binary", "heat"])
def test_a_code_depends_on_no_other_unseen_sample(weights):
    X, B = problem()
    train, new = X[:, :20], X[:, 20:]
    S = graph_codes(train, B, knn_graph(train, 3), 0.5, 0.1)
    order = np.random.default_rng(0).permutation(10)
    plain = sparse_codes(new, B, 0.1)
    drawn = neighbour_codes(new, B, 0.5, 0.1, train, S, k=3, weights=weights)
    for index in (order, order[:4]):
        assert_allclose(sparse_codes(new[:, index], B, 0.1), plain[:, index], atol=1e-12)
        some = neighbour_codes(new[:, index], B, 0.5, 0.1, train, S, k=3, weights=weights)
        assert_allclose(some, drawn[:, index], atol=1e-12)


def test_neighbours_draw():
    X, B = problem()
    train, x = X[:, :-1], X[:, -1:]
    S = graph_codes(train, B, knn_graph(train, 3), 0.5, 0.1)
    code = neighbour_codes(x, B, 0.5, 0.1, train, S, k=2, tol=1e-10)
    near = np.argsort(np.linalg.norm(train - x, axis=0))[:2]

    def cost(s):
        pull = sum(np.sum((s - S[:, [j]]) ** 2) for j in near)
        return 0.5 * np.sum((x - B @ s) ** 2) + 0.25 * pull + 0.1 * np.abs(s).sum()

    rng = np.random.default_rng(0)
    for _ in range(200):
        assert cost(code) <= cost(code + 1e-3 * rng.standard_normal(code.shape)) + 1e-12
    # The training sample itself, drawn to its own code alone and hard, gets that code.
    again = neighbour_codes(train[:, :1], B, 1e6, 0.1, train, S, k=1)
    assert_allclose(again, S[:, :1], atol=1e-4)


def test_start_does_not_change_the_minimum():
    X, B = problem()
    W = knn_graph(X, 4)
    start = np.random.default_rng(1).standard_normal((14, 30))
    warm = graph_codes(X, B, W, 0.1, 0.1, start=start, tol=1e-10)
    assert_allclose(warm, graph_codes(X, B, W, 0.1, 0.1, tol=1e-10), atol=1e-6)
    assert start[0, 0] == np.random.default_rng(1).standard_normal()


def test_graph_is_the_slow_twin():
    X, _ = problem()
    for k in (1, 5, 29):
        graph = knn_graph(X, k)
        assert_array_equal(graph.toarray(), naive_sparse.knn_graph(X, k))


def test_heat_weights():
    X = np.array([[0.0, 1.0, 3.0]])
    assert_allclose(knn_graph(X, 1, "heat", heat=2.0).toarray()[[0, 1], [1, 2]],
                    np.exp([-0.5, -2]))  # fmt: skip
    # Squared edges as the samples see them are 1, 1 and 4, of mean 2.
    assert_allclose(knn_graph(X, 1, "heat").toarray(), knn_graph(X, 1, "heat", 2.0).toarray())
    assert_array_equal(knn_graph(np.ones((2, 3)), 1, "heat").data, 1)


def test_basis_is_the_slow_twin():
    X, B = problem()
    S = sparse_codes(X, B, 0.1)
    for scale in (0.2, 1, 5):  # constraints inactive, some, all active
        found = basis_step(X, S / scale)
        slow = naive_sparse.basis_step(X, S / scale)
        assert np.linalg.norm(found, axis=0).max() <= 1 + 1e-12
        assert_allclose(np.sum((X - found @ S / scale) ** 2), np.sum((X - slow @ S / scale) ** 2),
                        rtol=1e-8)  # fmt: skip


def test_unused_atoms_stay():
    X, B = problem()
    S = sparse_codes(X, B, 0.1)
    S[3] = 0
    assert_array_equal(basis_step(X, S, B)[:, 3], B[:, 3])


def test_learning_lowers_the_objective_and_repeats():
    X, _ = problem(n=60)
    W = knn_graph(X, 5)
    values = []
    for n_iter in (1, 3, 10, 30):
        B, S = learn_dictionary(X, 14, 0.1, 0.1, n_iter=n_iter)
        assert np.linalg.norm(B, axis=0).max() <= 1 + 1e-12
        values.append(objective(X, B, S, W, 0.1, 0.1))
    assert values == sorted(values, reverse=True)
    again = learn_dictionary(X, 14, 0.1, 0.1, n_iter=30)
    assert_array_equal(again[0], B)
    assert_array_equal(again[1], S)
    other = learn_dictionary(X, 14, 0.1, 0.1, n_iter=30, seed=1)
    assert np.abs(other[0] - B).max() > 1e-3


def test_more_atoms_than_samples_and_empty_samples():
    X, _ = problem(n=10)
    X[:, 4] = 0
    B, S = learn_dictionary(X, 25, 0.1, 0.05, k=2, n_iter=3)
    assert B.shape == (8, 25) and np.isfinite(B).all() and np.isfinite(S).all()


def test_an_atom_of_zeros_is_not_used():
    X, B = problem()
    B[:, 3] = 0
    start = np.full((B.shape[1], X.shape[1]), 0.5)
    codes = graph_codes(X, B, np.zeros((30, 30)), 0, 0.1, start=start)
    assert np.isfinite(codes).all() and (codes[3] == 0).all()
    assert_allclose(codes, sparse_codes(X, B, 0.1), atol=1e-4)


def test_inputs_are_left_alone():
    X, B = problem()
    W = knn_graph(X, 4).toarray() + np.eye(30)
    before = X.copy(), B.copy(), W.copy()
    S = graph_codes(X, B, W, 0.1, 0.1)
    basis_step(X, S, B)
    for old, new in zip(before, (X, B, W), strict=True):
        assert_array_equal(old, new)


def test_unfinished_codes_say_so():
    X, B = problem()
    with pytest.warns(ConvergenceWarning, match="2 sweeps"):
        graph_codes(X, B, knn_graph(X, 4), 1, 0.1, max_sweeps=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        learn_dictionary(X, 5, 0.1, 0.1, n_iter=2)


def test_what_cannot_be_used_is_refused():
    X, B = problem()
    W = knn_graph(X, 4).toarray()
    lopsided = W.copy()
    lopsided[0, 5] += 1
    for bad in (lopsided, -W, W * np.nan):
        with pytest.raises(BadInput, match="asymmetric, negative"):
            graph_codes(X, B, bad, 1, 1)
    with pytest.raises(BadInput, match=r"expected \(30, 30\)"):
        graph_codes(X, B, W[:5, :5], 1, 1)
    with pytest.raises(BadInput, match="one length"):
        sparse_codes(X, B[:5], 1)
    with pytest.raises(BadInput, match="finite"):
        sparse_codes(X * np.nan, B, 1)
    with pytest.raises(BadInput, match="at least 0"):
        sparse_codes(X, B, -1)
    with pytest.raises(BadInput, match="start"):
        graph_codes(X, B, W, 1, 1, start=np.zeros((2, 2)))
    with pytest.raises(BadInput, match="1 ≤ k < 30"):
        knn_graph(X, 30)
    with pytest.raises(BadInput, match="'binary', or 'heat'"):
        knn_graph(X, 3, "cosine")
    with pytest.raises(BadInput, match="training"):
        neighbour_codes(X, B, 1, 1, X, np.zeros((14, 3)))
    with pytest.raises(BadInput, match="k=40"):
        neighbour_codes(X, B, 1, 1, X, np.zeros((14, 30)), k=40)
    with pytest.raises(BadInput, match="30 samples but codes of 29"):
        basis_step(X, np.zeros((14, 29)))
    with pytest.raises(BadInput, match="expected"):
        basis_step(X, np.zeros((14, 30)), B[:, :3])
    with pytest.raises(BadInput, match="n_atoms=0"):
        learn_dictionary(X, 0, 1, 1)
