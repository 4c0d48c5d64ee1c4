"""Simulated subjects: classes and skill differ from person to person."""

import numpy as np

SHARES = {
    3: np.array([0.57, 0.25, 0.18]),  # as in the composite of 2019
    5: np.array([32, 63, 27, 25, 99]) / 246,  # as in CASME II
}
CONFUSED = {
    3: np.array([[0.7, 0.2, 0.1], [0.4, 0.45, 0.15], [0.35, 0.15, 0.5]]),
    5: np.array(
        [
            [0.40, 0.15, 0.05, 0.05, 0.35],
            [0.05, 0.50, 0.05, 0.05, 0.35],
            [0.15, 0.15, 0.30, 0.05, 0.35],
            [0.05, 0.10, 0.05, 0.55, 0.25],
            [0.10, 0.20, 0.05, 0.05, 0.60],
        ]
    ),
}


def clips(rng, n_subjects, n_classes, mean_clips):
    """Clips of each subject and class, ``(n_subjects, n_classes)``."""
    n = 1 + rng.negative_binomial(2, 2 / (1 + mean_clips), n_subjects)
    return rng.multinomial(n, rng.dirichlet(6 * SHARES[n_classes], n_subjects))


def predicted(rng, counts, skill=0.0):
    """Confusion matrix of each subject, ``(n_subjects, n_classes, n_classes)``."""
    n_subjects, k = counts.shape
    good = (CONFUSED[k] + np.eye(k)) / 2
    poor = np.clip(2 * CONFUSED[k] - good, 0, None)
    poor /= poor.sum(1, keepdims=True)
    weight = np.clip(rng.beta(2, 2, n_subjects) + skill, 0, 1)[:, None]
    rows = [
        rng.multinomial(counts[:, c], weight * good[c] + (1 - weight) * poor[c]) for c in range(k)
    ]
    return np.stack(rows, axis=1)
