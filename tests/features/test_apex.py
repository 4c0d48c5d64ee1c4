import naive_features as naive
import numpy as np
import pytest

from mebench import Clip
from mebench.errors import BadInput
from mebench.features import BiWOOF, FindApex, frequency_strength, strain_strength
from mebench.methods.extract import extract
from mebench.storage import ArrayCache
from mebench.synthetic import make_clip
from mebench.testing import make_clips


@pytest.fixture(scope="module")
def twitch():
    """A patch of texture that goes 2 px and back, furthest in frame 9 of 24."""
    y, x = np.mgrid[:72, :64].astype(float)
    bump = np.exp(-((x - 32) ** 2 + (y - 40) ** 2) / 150)
    rng = np.random.default_rng(0)
    waves = rng.uniform(0.2, 0.7, (6, 2))
    frames = []
    for t in range(24):
        move = 2 * np.exp(-(((t - 9) / 3) ** 2)) * bump
        frames.append(128 + 15 * sum(np.sin(a * (x - move) + b * y + 5 * b) for a, b in waves))
    return np.stack(frames)


@pytest.mark.parametrize(
    ("window", "blocks", "cutoff"), [(5, (2, 2), 3.0), (7, (2, 3), 2.5), (3, (1, 1), 4.0)]
)
def test_frequencies_like_the_slow_twin(window, blocks, cutoff):
    video = np.random.default_rng(window).integers(0, 256, (9, 15, 18), dtype=np.uint8)
    found = frequency_strength(video, window=window, blocks=blocks, cutoff=cutoff)
    twin = naive.frequency_strength(video, window, blocks, cutoff)
    np.testing.assert_allclose(found, twin, rtol=1e-9)


def test_the_default_cutoff_is_half_the_window():
    video = np.random.default_rng(1).integers(0, 256, (6, 20, 20), dtype=np.uint8)
    np.testing.assert_array_equal(
        frequency_strength(video, window=7, blocks=(1, 1)),
        frequency_strength(video, window=7, blocks=(1, 1), cutoff=4),
    )


def test_strain_peaks_where_the_skin_is_furthest(twitch):
    strength = strain_strength(twitch)
    assert strength[0] == 0 and abs(int(strength.argmax()) - 9) <= 1
    assert strength[9] > 5 * strength[-1]


def test_frequencies_peak_near_the_movement(twitch):
    strength = frequency_strength(twitch, window=7, blocks=(2, 2), cutoff=3)
    assert abs(int(strength.argmax()) - 9) <= 4
    assert strength[9] > 1.1 * strength[20]


def test_strain_on_a_made_face():
    frames, truth = make_clip(seed=1, aus=(12,), intensity=2.5, clean=True)
    points = truth.landmarks[0]
    low = np.maximum(points.min(0).astype(int) - [20, 40], 0)
    high = points.max(0).astype(int) + 20
    frames = frames[:, low[1] : high[1], low[0] : high[0]]
    clip = Clip("a", frames, fps=200, onset=truth.onset, offset=truth.offset)
    assert abs(FindApex("strain").transform([clip])[0].apex - truth.apex) <= 2


def test_middle_lies_between_onset_and_offset():
    video = np.zeros((21, 8, 8))
    for onset, offset, middle in ((0, 20, 10), (3, 10, 6), (5, 5, 5)):
        (clip,) = FindApex().transform([Clip("a", video, onset=onset, offset=offset)])
        assert clip.apex == middle
        assert (clip.onset, clip.offset, clip.source is video) == (onset, offset, True)


def test_only_frames_from_onset_to_offset_count(twitch):
    # Something wild happens outside the expression.
    video = np.concatenate([255 - twitch[:4], twitch, 255 - twitch[:6]])
    clip = Clip("a", video, onset=4, offset=27)
    assert abs(FindApex("strain").transform([clip])[0].apex - 13) <= 1


@pytest.mark.parametrize("policy", ["middle", "strain", "fft"])
def test_an_annotated_apex_stays_unless_told(policy):
    (clip,) = make_clips(1, n_frames=12)
    marked = clip.replace(apex=1)
    params = None if policy == "middle" else {"window": 5, "cutoff": 2.0}
    params = {"border": 0.1} if policy == "strain" else params
    assert FindApex(policy, params=params).transform([marked])[0].apex == 1
    step = FindApex(policy, replace=True, params=params)
    found = step.transform([marked, clip.replace(apex=None)])
    assert found[0].apex == found[1].apex != 1
    assert marked.apex == 1


def test_the_window_follows_the_frame_rate(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "mebench.features.apex.frequency_strength",
        lambda video, **params: seen.append(params) or np.arange(len(video)),
    )
    video = np.zeros((5, 8, 8))
    for fps in (200, 100, 30, 25, None):
        FindApex("fft").transform([Clip("a", video, fps=fps)])
    FindApex("fft", params={"window": 9}).transform([Clip("a", video, fps=200)])
    assert [p.get("window") for p in seen] == [61, 31, 9, 7, None, 9]


def test_what_was_found_is_kept_between_runs(tmp_path, twitch, monkeypatch):
    clip = Clip("a", twitch.round().astype(np.uint8))
    steps = [FindApex("strain"), BiWOOF((2, 2))]
    first = extract(steps, [clip], cache=ArrayCache(tmp_path)).rows[0]
    monkeypatch.setattr("mebench.features.apex.strain_strength", None)  # it would fail
    other = [FindApex("strain"), BiWOOF((3, 3))]
    assert extract(other, [clip], cache=ArrayCache(tmp_path)).rows[0].shape == (72,)
    again = extract(steps, [clip], cache=ArrayCache(tmp_path))
    assert again.from_cache == 1 and (again.rows[0] == first).all()


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (FindApex("guess"), "policy must be one of"),
        (FindApex("middle", params={"window": 3}), "takes no params"),
        (FindApex("strain", params={"border": 0.5}), "border"),
        (FindApex("fft", params={"window": 6}), "odd"),
        (FindApex("fft", params={"window": 61, "blocks": (6, 6)}), "No frequency"),
        (FindApex("fft", params={"blocks": (90, 2)}), "into 90 blocks"),
    ],
)
def test_refusals(step, message):
    clip = Clip("x", np.zeros((6, 60, 60), np.uint8))
    with pytest.raises(BadInput, match=message):
        step.transform([clip])


def test_no_offset_before_the_onset():
    with pytest.raises(BadInput, match=r"'x': the offset 1 lies before"):
        FindApex().transform([Clip("x", np.zeros((6, 20, 20)), onset=3, offset=1)])


def test_pixels_must_be_numbers():
    video = np.zeros((4, 20, 20))
    video[2, 3, 3] = np.nan
    with pytest.raises(BadInput, match="finite"):
        frequency_strength(video, window=3)
    with pytest.raises(BadInput, match="3×3 pixels"):
        frequency_strength(np.zeros((4, 2, 9)))
