import numpy as np
import pandas as pd
import pytest

from mebench.spotting._spot import SPOTTERS
from mebench.spotting.thresholds import tuned_thresholds


@pytest.fixture
def database():
    """Six persons with a video each; real peaks score higher than others."""
    rng = np.random.default_rng(3)
    candidates, truth, videos = {}, [], []
    for i in range(6):
        video, rows = f"v{i}", []
        videos.append((video, "d", f"p{i}"))
        for kind, length, scale in (("micro", 8, 1.0), ("macro", 30, 5.0)):
            for j in range(6):
                onset = 100 * j + (0 if kind == "micro" else 50)
                score = scale * (rng.uniform(2, 3) if j < 2 else rng.uniform(0, 2.3))
                rows.append((kind, onset, onset + length, score))
                if j < 2:
                    truth.append((video, kind, onset, onset + length))
        candidates[video] = pd.DataFrame(rows, columns=["kind", "onset", "offset", "score"])
    return (
        candidates,
        pd.DataFrame(videos, columns=["video", "dataset", "subject"]),
        pd.DataFrame(truth, columns=["video", "kind", "onset", "offset"]),
    )


def test_nothing_of_a_person_enters_the_persons_thresholds(database):
    candidates, videos, truth = database
    spotter = SPOTTERS["strain"]
    before = tuned_thresholds(spotter, candidates, videos, truth)
    # Peaks a million times as high, none of them annotated: the whole grid would move.
    changed = {**candidates, "v2": candidates["v2"].assign(score=lambda t: t["score"] * 1e6)}
    after = tuned_thresholds(spotter, changed, videos, truth[truth["video"] != "v2"])
    assert after["d/p2"] == before["d/p2"]
    assert after["d/p0"] != before["d/p0"]


def test_thresholds_are_those_of_a_slow_search(database):
    candidates, videos, truth = database
    spotter = SPOTTERS["strain"]
    found = tuned_thresholds(spotter, candidates, videos, truth)["d/p0"]
    train = {v: t for v, t in candidates.items() if v != "v0"}
    bars = {"micro": np.inf, "macro": np.inf}
    for kind in ("macro", "micro"):
        scores = np.concatenate([t.loc[t["kind"] == kind, "score"] for t in train.values()])
        share = 1 - np.geomspace(1, 1 / len(scores), 32)
        grid, f1 = sorted(set(np.quantile(scores, share))), []
        for t in grid:
            tp = fp = 0
            for video, table in train.items():
                kept = spotter.chosen(table, {**bars, kind: t})
                kept = kept[kept["kind"] == kind]
                there = truth[(truth["video"] == video) & (truth["kind"] == kind)]
                hits = kept["onset"].isin(there["onset"]).sum()
                tp, fp = tp + hits, fp + len(kept) - hits
            f1.append(2 * tp / (tp + fp + 2 * len(train)))
        means = [np.mean(f1[max(0, i - 2) : i + 3]) for i in range(len(f1))]
        best = np.flatnonzero(np.array(means) >= max(means) - 1e-12)
        bars[kind] = grid[best[len(best) // 2]]
    assert found == pytest.approx(bars)
