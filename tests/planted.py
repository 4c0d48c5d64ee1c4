"""Tables as large as the real databases, and features of which it is known what is in them."""

import numpy as np
import pandas as pd

from mebench.synthetic.write import LAYOUTS, plan_entries

#: Those of the thesis's table.
DATABASES = ("smic-hs", "casme", "casme2", "samm")


def real_table(database, seed):
    """As many clips, persons and classes as the real database has; who shows what is drawn."""
    layout = LAYOUTS[database]
    entries = plan_entries(layout, (seed,), layout.subjects, None)
    return pd.DataFrame({
        "clip_id": [entry.name for entry in entries],
        "dataset": database,
        "subject": [str(entry.plan.subject) for entry in entries],
        "label": [entry.plan.emotion for entry in entries],
    })  # fmt: skip


def weak(table, seed, width=36, strength=0.4):
    """Noise with a weak trace of the class and of nothing else, ``(n, width)``."""
    rng = np.random.default_rng(seed)
    codes = np.unique(table["label"], return_inverse=True)[1]
    centres = rng.normal(size=(codes.max() + 1, width))
    return rng.normal(size=(len(table), width)) + strength * centres[codes]


def copies(table, share, seed):
    """Features of which a second take of the same person is all that one can know.

    About `share` of the clips have a copy: another clip of the same person with the same label.
    Of all other clips those of other classes are nearer than any of the same class, so that the
    nearest neighbour is right where the copy is known, and nowhere else.

    Returns
    -------
    X : ndarray ``(n, n)``
    copied : ndarray of bool ``(n,)``
        Which clips have a copy.
    """
    rng = np.random.default_rng(seed)
    n = len(table)
    codes = np.unique(table["label"], return_inverse=True)[1]
    pairs = []
    for _, rows in table.groupby(["subject", "label"]).indices.items():
        rows = rng.permutation(rows)
        pairs += [rows[i : i + 2] for i in range(0, len(rows) - 1, 2)]
    chosen = [pairs[i] for i in rng.permutation(len(pairs))[: round(share * n / 2)]]
    same = codes[:, None] == codes
    # Inner products: one of clips of two classes, none of two of the same; large enough on the
    # diagonal to be those of vectors.
    gram = np.where(same, 0.0, 1.0) + np.bincount(codes).max() * np.eye(n)
    values, vectors = np.linalg.eigh(gram)
    X = vectors * np.sqrt(np.clip(values, 0, None))
    copied = np.zeros(n, bool)
    for one, other in chosen:
        X[other] = X[one]
        copied[[one, other]] = True
    return X, copied
