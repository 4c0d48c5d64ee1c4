"""Slow twins of mebench.svm: the dual solved step by step, folds and points in plain loops."""

import numpy as np


def kernel(gram, point):
    return (point.gamma * gram + point.coef0) ** point.degree


def solve_pair(K, y, C, tol=1e-8, most=200_000):
    """α and b of the dual by maximal violating pairs (Keerthi et al. 2001), C per sample."""
    alpha = np.zeros(len(y))
    for _ in range(most):
        r = y - K @ (alpha * y)
        up = np.where(((y > 0) & (alpha < C)) | ((y < 0) & (alpha > 0)), r, -np.inf)
        low = np.where(((y > 0) & (alpha > 0)) | ((y < 0) & (alpha < C)), r, np.inf)
        i, j = up.argmax(), low.argmin()
        if up[i] - low[j] < tol:
            break
        step = (r[i] - r[j]) / max(K[i, i] + K[j, j] - 2 * K[i, j], 1e-12)
        room_i = C[i] - alpha[i] if y[i] > 0 else alpha[i]
        room_j = alpha[j] if y[j] > 0 else C[j] - alpha[j]
        step = min(step, room_i, room_j)
        alpha[i] += y[i] * step
        alpha[j] -= y[j] * step
    r = y - K @ (alpha * y)
    free = (alpha > 1e-9 * C) & (alpha < C * (1 - 1e-9))
    if free.any():
        return alpha, r[free].mean()
    return alpha, (up[np.isfinite(up)].max() + low[np.isfinite(low)].min()) / 2


def pair_values(gram, codes, train, test, point, weight=None):
    """Decision values {(a, b): (n_test,)} of every pair of classes in ``train``."""
    K = kernel(gram, point)
    weight = np.ones(len(gram)) if weight is None else weight
    train = [i for i in train if weight[i] > 0]
    classes = sorted({codes[i] for i in train})
    values = {}
    for a in classes:
        for b in classes:
            if a < b:
                own = [i for i in train if codes[i] in (a, b)]
                y = np.array([1.0 if codes[i] == a else -1.0 for i in own])
                alpha, bias = solve_pair(K[np.ix_(own, own)], y, point.C * weight[own])
                values[a, b] = K[np.ix_(test, own)] @ (alpha * y) + bias
    return classes, values


def predict(gram, codes, train, test, point, weight=None):
    classes, values = pair_values(gram, codes, train, test, point, weight)
    out = []
    for t in range(len(test)):
        votes = dict.fromkeys(classes, 0)
        for (a, b), value in values.items():
            votes[a if value[t] > 0 else b] += 1
        out.append(max(classes, key=lambda c: (votes[c], -c)))
    return np.array(out)


def macro_f1(truth, predicted):
    scores = []
    for c in sorted(set(truth) | set(predicted)):
        hit = sum(1 for t, p in zip(truth, predicted, strict=True) if t == p == c)
        scores.append(2 * hit / (list(truth).count(c) + list(predicted).count(c)))
    return sum(scores) / len(scores)
