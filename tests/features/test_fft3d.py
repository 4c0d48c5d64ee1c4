import naive_features as naive
import numpy as np
import pytest

from mebench import Clip
from mebench.errors import BadInput
from mebench.features import FFT3D, fft3d
from mebench.testing import make_clips


@pytest.fixture(scope="module")
def video():
    """Eight frames of 224 × 224, nothing in them repeating."""
    return np.random.default_rng(3).integers(0, 256, (8, 224, 224), dtype=np.uint8)


PLAIN = {"log": False, "scale": "none", "white": 1}


@pytest.fixture(scope="module")
def spectra(video):
    return fft3d(video, **PLAIN).reshape(28, 28, 8, 8, 8)


def test_the_published_form_is_that_of_the_authors_code(video):
    """log(1 + |FFT|) of frames from 0 to 1, min–max within the block: to 1e-12."""
    found = fft3d(video).reshape(28, 28, 8, 8, 8)
    for row, column in ((0, 0), (3, 17), (27, 5)):
        block = video[:, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
        twin = naive.published_spectrum(block)
        np.testing.assert_allclose(found[row, column], twin, rtol=0, atol=1e-12)
        assert found[row, column].min() == 0 and found[row, column].max() == 1


def test_steps_of_the_published_form(video, spectra):
    plain = spectra / 255
    np.testing.assert_allclose(fft3d(video, scale="none"), np.log1p(plain).ravel(), rtol=1e-12)
    flat = plain.reshape(784, 512)
    scaled = (flat - flat.min(1)[:, None]) / np.ptp(flat, axis=1)[:, None]
    np.testing.assert_allclose(fft3d(video, log=False), scaled.ravel(), atol=1e-12)
    np.testing.assert_allclose(fft3d(video / 255, white=1), fft3d(video), atol=1e-12)


def test_a_black_block_is_zero_and_half_changes_no_value(video):
    dark = video.copy()
    dark[:, :8, :8] = 0
    full, half = fft3d(dark).reshape(784, 512), fft3d(dark, half=True).reshape(784, 260)
    assert not full[0].any() and full[1].any()
    assert set(half[5]) <= set(full[5]) and half[5].min() == 0 and half[5].max() == 1


@pytest.mark.parametrize("amplitude", ["end", "staged"])
def test_like_the_slow_twin(video, amplitude):
    found = fft3d(video, amplitude=amplitude, **PLAIN).reshape(28, 28, 8, 8, 8)
    for row, column in ((0, 0), (3, 17), (27, 5)):
        block = video[:, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
        twin = naive.block_spectrum(block.astype(float), amplitude)
        np.testing.assert_allclose(found[row, column], twin, rtol=1e-9, atol=1e-7)


def test_the_readings_differ(video, spectra):
    staged = fft3d(video, amplitude="staged", **PLAIN).reshape(spectra.shape)
    # At frequency zero over height the last two stages sum what is already positive.
    assert np.abs(staged - spectra).max() > 1000
    np.testing.assert_allclose(staged[..., 0, 0, 0], spectra[..., 0, 0, 0], rtol=1e-12)


def test_a_wave_lies_where_its_frequency_is():
    t, y, x = np.meshgrid(np.arange(8), np.arange(224), np.arange(224), indexing="ij")
    wave = 100 + 50 * np.cos(2 * np.pi * (1 * t + 2 * y + 3 * x) / 8)
    found = fft3d(wave, **PLAIN).reshape(784, 8, 8, 8)
    places = {(0, 0, 0): 100 * 512, (1, 2, 3): 25 * 512, (7, 6, 5): 25 * 512}
    for place, size in places.items():
        np.testing.assert_allclose(found[(slice(None), *place)], size, rtol=1e-9)
        found[(slice(None), *place)] = 0
    assert found.max() < 1e-6


@pytest.mark.parametrize(("amplitude", "kept"), [("end", 260), ("staged", 125)])
def test_half_leaves_out_repetitions_only(video, amplitude, kept):
    full = fft3d(video, amplitude=amplitude, **PLAIN).reshape(784, 512)
    half = fft3d(video, amplitude=amplitude, half=True, **PLAIN).reshape(784, -1)
    assert half.shape[1] == kept
    assert len(np.unique(half[5].round(6))) == kept  # no two alike
    assert set(full[5].round(4)) == set(half[5].round(4))  # and none lost


def test_log_and_dc(video, spectra):
    plain = spectra.reshape(784, 512)
    logs = fft3d(video, **{**PLAIN, "log": True}).reshape(784, 512)
    np.testing.assert_array_equal(logs, np.log1p(plain))
    np.testing.assert_array_equal(fft3d(video, dc=False, **PLAIN).reshape(784, 511), plain[:, 1:])
    mean = video.reshape(8, 28, 8, 28, 8).mean((0, 2, 4))
    np.testing.assert_allclose(plain[:, 0], 512 * mean.ravel(), rtol=1e-9)


def test_grey_offset_touches_dc_alone(video, spectra):
    np.testing.assert_allclose(
        fft3d(video.astype(float) + 7, **PLAIN).reshape(784, 512)[:, 1:],
        spectra.reshape(784, 512)[:, 1:],
        rtol=1e-9,
        atol=1e-7,
    )


def test_regions_average_blocks(video, spectra):
    blocks = spectra.reshape(28, 28, 512)
    pooled = fft3d(video, regions=(2, 4), **PLAIN).reshape(2, 4, 512)
    np.testing.assert_allclose(pooled[1, 2], blocks[14:, 14:21].mean((0, 1)), rtol=1e-9)
    landmarks = make_clips(1)[0].landmarks * 2.24
    found = fft3d(video, landmarks, regions="kato", **PLAIN).reshape(15, 512)
    side = 0.45 * np.linalg.norm(landmarks[36:42].mean(0) - landmarks[42:48].mean(0))
    centre = landmarks[48]  # the right corner of the mouth, by the scale of 224 pixels
    at = np.arange(28) * 8 + 4
    ys, xs = (
        np.flatnonzero((at >= c - side / 2) & (at < c + side / 2))
        for c in (centre[1] + 0.0, centre[0] + 0.0)
    )
    np.testing.assert_allclose(found[10], blocks[np.ix_(ys, xs)].mean((0, 1)), rtol=1e-9)


def test_landmarks_follow_the_resizing(video):
    """A frame twice as large, with landmarks to match, gives the same regions."""
    landmarks = make_clips(1)[0].landmarks * 2.24
    doubled = video.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(
        fft3d(doubled, 2 * landmarks + 0.5, regions="mdmo", **PLAIN),
        fft3d(video, landmarks, regions="mdmo", **PLAIN),
        rtol=1e-4,
        atol=1e-2,
    )


def test_frames_are_sampled_and_repeated(video):
    long = np.repeat(video, 3, axis=0)[:-2]  # int(linspace(0, 21, 8)) is every third
    np.testing.assert_array_equal(fft3d(long), fft3d(video))
    one = fft3d(video[:1], **PLAIN).reshape(784, 8, 64)
    assert one[:, 1:].max() < 1e-6 < 1000 < one[:, 0].mean()


def test_only_the_frames_in_use_are_read(monkeypatch, video):
    clip = Clip("a", np.repeat(video, 5, axis=0))
    read = []
    original = Clip.read
    monkeypatch.setattr(Clip, "read", lambda c, i=None: read.append(i) or original(c, i))
    row = FFT3D().transform([clip])[0]
    assert [len(i) for i in read] == [8]
    np.testing.assert_array_equal(row, fft3d(clip.source))


def test_names_and_number_of_features():
    for params in ({}, {"half": True, "dc": False}, {"amplitude": "staged", "half": True}):
        extractor = FFT3D(regions=(2, 3), **params)
        names = extractor.get_feature_names_out()
        assert len(names) == extractor.n_features
    names = FFT3D(regions=(1, 1)).get_feature_names_out()
    assert names[[0, 1, 8, 64]].tolist() == [
        "block0,0_f0,0,0", "block0,0_f0,0,1", "block0,0_f0,1,0", "block0,0_f1,0,0",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"amplitude": "both"}, "amplitude must be"),
        ({"scale": "all"}, "scale must be"),
        ({"white": 0}, "white must be"),
        ({"regions": (29, 28)}, "into 29 blocks"),
        ({"regions": "kato"}, "FindLandmarks"),
        ({"regions": "lips"}, "regions must be"),
    ],
)
def test_refusals(params, message):
    clip = Clip("x", np.zeros((8, 32, 32)))
    with pytest.raises(BadInput, match=message):
        FFT3D(**params).transform([clip])


def test_nothing_to_transform():
    with pytest.raises(BadInput, match="at least one"):
        fft3d(np.zeros((0, 8, 8)))
