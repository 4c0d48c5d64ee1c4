import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from mebench.clip import Clip
from mebench.datasets import Samples
from mebench.errors import BadInput
from mebench.evaluation import evaluate
from mebench.experiments.apexes import APEX_POLICIES, with_apexes
from mebench.experiments.plan import settings
from mebench.features import HOOF


@pytest.fixture
def samples():
    rng = np.random.default_rng(0)
    clips, rows = [], []
    for i in range(8):
        frames = np.stack([np.roll(rng.integers(0, 255, (64, 64)), k, 1) for k in range(9)])
        apex = (0, 4, None)[i % 3]
        clips.append(Clip(f"c{i}", frames.astype(np.uint8), apex=apex, fps=30.0))
        rows.append((f"c{i}", "toy", f"s{i // 2}", "ab"[i % 2], 10, None if apex is None else
                     10 + apex, "none" if apex is None else "annotated"))  # fmt: skip
    columns = ["clip_id", "dataset", "subject", "label", "onset", "apex", "apex_source"]
    return Samples(clips, pd.DataFrame(rows, columns=columns), ["a", "b"])


@pytest.mark.parametrize("policy", APEX_POLICIES)
def test_apexes_that_are_missing_or_on_the_onset_are_replaced(samples, policy):
    changed = with_apexes(samples, policy)
    for before, after in zip(samples.clips, changed.clips, strict=True):
        assert after.apex == before.apex if before.apex == 4 else after.apex is not None
    table = changed.table
    assert (table["apex"] - table["onset"]).tolist() == [c.apex for c in changed.clips]
    kept = [c.apex == 4 for c in samples.clips]
    assert (table["apex_source"] == "annotated").tolist() == kept
    assert changed.notes[-1].endswith(f"{APEX_POLICIES[policy]} in {8 - sum(kept)}")
    assert changed.fingerprint() != samples.fingerprint()


def test_no_policy_changes_nothing(samples):
    assert with_apexes(samples, None) is samples


def test_the_run_counts_features_that_are_all_zero(samples):
    still = Samples(
        [c.replace(apex=c.onset if i < 3 else 4) for i, c in enumerate(samples.clips)],
        samples.table, samples.classes,
    )  # fmt: skip
    method = make_pipeline(HOOF((2, 2), pairs="onset-apex"), KNeighborsClassifier(1))
    found = evaluate(method, still, cache=False, n_jobs=1)
    (said,) = [n for n in found.header["notes"] if "all zero" in n]
    assert said.startswith("the features of 3 of 8 clips are all zero: c0, c1, c2 (")
    found = evaluate(method, with_apexes(still, "middle"), cache=False, n_jobs=1)
    assert not any("all zero" in n for n in found.header["notes"])


def test_a_wrong_name_is_said_before_any_work():
    with pytest.raises(BadInput, match="apex must be one of .* Did you mean 'middle'"):
        settings(None, {"dataset": "synthetic", "method": ["mdmo"], "apex": "midle"})
