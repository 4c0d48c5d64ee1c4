import numpy as np
import pytest
from scipy import signal

from mebench.errors import BadInput
from mebench.spotting.peaks import contrast, find_intervals, find_peaks


def test_contrast_is_the_formula_inside_and_zero_at_the_ends():
    rng = np.random.default_rng(0)
    curve, k = rng.random(40), 4
    raised = contrast(curve, k)
    for i in range(2 * k, 40 - 2 * k):
        assert raised[i] == pytest.approx(max(curve[i] - (curve[i - k] + curve[i + k]) / 2, 0))
    assert not raised[:k].any() and not raised[-k:].any()
    assert not contrast(curve[: 2 * k], k).any()


def test_a_cosine_movement_gets_its_own_onset_and_offset():
    n, onset, apex, offset = 80, 30, 36, 46
    phase = np.interp(np.arange(n), [onset, apex, offset], [0, 1, 2])
    found = find_intervals(0.5 - 0.5 * np.cos(np.pi * phase), 16, threshold=0.5)
    assert len(found) == 1
    row = found.iloc[0]
    assert row["apex"] == apex
    assert abs(row["onset"] - onset) <= 1 and abs(row["offset"] - offset) <= 1


def test_tau_is_relative_to_the_video():
    curve = np.zeros(100)
    curve[[20, 60]] = 4.0, 1.0
    assert find_intervals(curve, 5, tau=0.5)["apex"].tolist() == [20]
    assert find_intervals(curve, 5, tau=0.1)["apex"].tolist() == [20, 60]
    with pytest.raises(BadInput, match="not both"):
        find_intervals(curve, 5, tau=0.5, threshold=1)


def test_a_flat_curve_has_no_peak():
    assert find_intervals(np.ones(50), 4).empty


@pytest.mark.parametrize("n", [0, 1, 2, 3, 50, 300])
@pytest.mark.parametrize("levels", [2, 4, 1000])
def test_peaks_as_scipy_finds_them(n, levels):
    curve = np.random.default_rng(n + levels).integers(0, levels, n).astype(float)
    for distance in (1, 2, 3.5, 12):
        wanted, _ = signal.find_peaks(curve, distance=distance)
        assert find_peaks(curve, distance=distance).tolist() == wanted.tolist()
    wanted, _ = signal.find_peaks(curve, height=levels / 2)
    assert find_peaks(curve, height=levels / 2).tolist() == wanted.tolist()
