"""Spotters side by side: is one better than another on new persons?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations, product
from typing import Any

import numpy as np

from ...errors import BadInput
from ...scoring.bootstrap import interval, resamples
from ...scoring.significance import holm
from ...scoring.subjects import natural_key, subject_keys
from ...spotting.score import f1_of
from .run import SpottingRun, person_counts

__all__ = ["SpottingComparison", "SpottingPair", "compare_spotting"]

_EXACT = 12  # persons up to which every exchange is gone through


@dataclass(frozen=True)
class SpottingPair:
    """Two spotters on the same videos: difference of F1, its interval, and p.

    Attributes
    ----------
    a, b : str
    dataset, kind : str
    difference, low, high : float
        F1 of a minus that of b; 95 % interval by bootstrap over persons.
    p, p_holm : float
        Of the exchange of both spotters' answers within persons; corrected for the pairs of the
        kind.
    better, worse, equal : int
        Persons on whom a has the higher F1, the lower, the same.
    """

    a: str
    b: str
    dataset: str
    kind: str
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    better: int
    worse: int
    equal: int


@dataclass(frozen=True)
class SpottingComparison:
    """What :func:`compare_spotting` finds.

    Attributes
    ----------
    rows : list of dict
        ``name, dataset, kind`` and the scores of each run.
    pairs : list of SpottingPair
    remarks : list of str
    """

    rows: list[dict[str, Any]]
    pairs: list[SpottingPair]
    remarks: list[str]

    def sentences(self, level: float = 0.05) -> list[str]:
        """What may be claimed, and what may not, in plain words."""
        out = []
        for pair in self.pairs:
            a, b = (pair.a, pair.b) if pair.difference >= 0 else (pair.b, pair.a)
            what = "all expressions" if pair.kind == "all" else f"{pair.kind}-expressions"
            where = f"on {pair.dataset}, {what}"
            found = f"difference of F1 {abs(pair.difference):.3f}, p = {pair.p_holm:.3f}"
            if pair.p_holm <= level:
                out.append(f"{a} spots better than {b} {where} ({found}).")
            else:
                out.append(f"That {a} spots better than {b} may not be claimed {where} ({found}).")
        return out + self.remarks

    def summary(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "sentences": self.sentences()}


def compare_spotting(
    runs: Sequence[SpottingRun],
    *,
    names: Sequence[str] | None = None,
    n_permutations: int = 9999,
    n_resamples: int = 2000,
    seed: int = 0,
) -> SpottingComparison:
    """Put runs of spotting side by side, and test their differences in F1.

    Runs on the same videos with the same least overlap are compared pair by pair, per kind of
    expression. The unit is the person: a test that takes videos or expressions as independent
    would find too much.

    Parameters
    ----------
    runs : sequence of SpottingRun
    names : sequence of str, optional
        Unique. Default: the methods.
    n_permutations : int, default 9999
        Random exchanges; up to 12 persons all of them are gone through.
    n_resamples, seed : int

    Raises
    ------
    BadInput
        Fewer than two runs.
    """
    if len(runs) < 2:
        raise BadInput(f"Comparing takes at least two runs, found {len(runs)}.")
    titles = list(names) if names is not None else [str(r.header.get("method")) for r in runs]
    if len(set(titles)) < len(titles):
        titles = [f"{t} ({i + 1})" if titles.count(t) > 1 else t for i, t in enumerate(titles)]
    rows = [
        {"name": title, **row}
        for title, run in zip(titles, runs, strict=True)
        for row in run.scores.to_dict("records")
    ]
    remarks, pairs = [], []
    groups: dict[str, list[int]] = {}
    for i, run in enumerate(runs):
        if run.labelled:
            groups.setdefault(_task(run), []).append(i)
        else:
            remarks.append(f"{titles[i]}: nobody has annotated the videos, so nothing is compared.")
    for members in groups.values():
        if len(members) < 2:
            remarks.append(
                f"{titles[members[0]]} on {runs[members[0]].header.get('dataset')} stands alone: "
                "no other run is on the same videos with the same least overlap."
            )
        for kind in ("micro", "macro", "all"):
            found = [
                _pair(runs[i], runs[j], titles[i], titles[j], kind,
                      (n_permutations, n_resamples, seed))
                for i, j in combinations(members, 2)
            ]  # fmt: skip
            kept = [pair for pair in found if pair is not None]
            corrected = holm([pair.p for pair in kept]) if kept else []
            pairs += [
                SpottingPair(**{**asdict(pair), "p_holm": float(p)})
                for pair, p in zip(kept, corrected, strict=True)
            ]
    return SpottingComparison(rows, pairs, remarks)


def _task(run: SpottingRun) -> str:
    videos = run.videos[["dataset", "video"]].drop_duplicates()
    marks = run.truth[["video", "kind", "onset", "offset"]] if len(run.truth) else run.truth
    return f"{run.header.get('iou')} {videos.to_csv()} {marks.to_csv(index=False)}"


def _pair(
    a: SpottingRun, b: SpottingRun, name: str, other: str, kind: str, draws: tuple[int, int, int]
) -> SpottingPair | None:
    n_permutations, n_resamples, seed = draws
    table = a.videos[["dataset", "subject"]].drop_duplicates()
    persons = sorted(set(subject_keys(table)), key=natural_key)
    x, y = (person_counts(run, kind, persons) for run in (a, b))
    if not x[:, [0, 2]].any():
        return None  # nothing of the kind is annotated
    both = np.stack([x, y])  # (2, n, 3)
    blocks = np.hstack([x, y])

    def difference(counts: np.ndarray) -> np.ndarray:
        return np.asarray(f1_of(counts[..., :3]) - f1_of(counts[..., 3:]))

    whole = blocks.sum(0)
    drawn = resamples(len(persons), n_resamples, seed) @ blocks
    low, high = interval(difference, whole, drawn, whole - blocks)
    real = float(difference(whole))
    p = _exchange(both, real, n_permutations, seed)
    each = f1_of(x) - f1_of(y)
    return SpottingPair(
        name, other, str(a.header.get("dataset")), kind, real, low, high, p, p,
        int((each > 0).sum()), int((each < 0).sum()), int((each == 0).sum()),
    )  # fmt: skip


def _exchange(both: np.ndarray, real: float, n: int, seed: int) -> float:
    """How often exchanging the spotters within persons gives as large a difference of F1."""
    persons = both.shape[1]
    if persons <= _EXACT:
        swaps = np.array(list(product([0, 1], repeat=persons)))
        extra = 0
    else:
        rng = np.random.default_rng(seed)
        swaps = rng.integers(0, 2, size=(n, persons))
        extra = 1  # the answers as they are count as one exchange
    first = np.where(swaps[..., None] == 0, both[0], both[1]).sum(1)
    second = np.where(swaps[..., None] == 0, both[1], both[0]).sum(1)
    apart = np.abs(f1_of(first) - f1_of(second))
    return float(((apart >= abs(real) - 1e-12).sum() + extra) / (len(swaps) + extra))
