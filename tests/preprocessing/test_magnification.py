import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.ndimage import correlate1d

from mebench import Clip
from mebench.errors import BadInput
from mebench.preprocessing.magnification import _YIQ, EVM, _gains, magnify

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (7, 37, 50), dtype=np.uint8)
RGB = RNG.integers(0, 256, (5, 33, 40, 3), dtype=np.uint8)


BINOMIAL = np.array([1, 4, 6, 4, 1]) / 16


def halved(image):
    for axis in (0, 1):
        image = correlate1d(image, BINOMIAL, axis=axis, mode="mirror")
    return image[::2, ::2]


def doubled(image, shape):
    out = np.zeros((*shape, *image.shape[2:]))
    out[::2, ::2] = 4 * image
    for axis in (0, 1):
        out = correlate1d(out, BINOMIAL, axis=axis, mode="mirror")
    return out


def heights(side):
    return 1 if side < 5 else 1 + heights(side // 2)


def naive(video, alpha, lambda_c, r1, r2, levels, chroma):
    """As the authors go about it: a pyramid of every frame in YIQ, a filter at each level of it."""

    def pyramid(frame):
        out = []
        for _ in range(levels - 1):
            small = halved(frame)
            out.append(frame - doubled(small, frame.shape[:2]))
            frame = small
        return [*out, frame]

    if video.ndim == 4:
        video = video @ _YIQ.T
    out = video.copy()
    fast = slow = pyramid(video[0])
    delta = lambda_c / 8 / (1 + alpha)
    for t, frame in enumerate(video):
        now = pyramid(frame)
        fast = [r1 * x + (1 - r1) * y for x, y in zip(now, fast, strict=True)]
        slow = [r2 * x + (1 - r2) * y for x, y in zip(now, slow, strict=True)]
        wavelength = np.hypot(*video.shape[1:3]) / 3
        change = 0 * now[-1]
        for level in range(levels - 2, -1, -1):
            wavelength /= 2
            gain = max(0, min(alpha, 2 * (wavelength / delta / 8 - 1))) if level else 0
            band = fast[level] - slow[level]
            change = doubled(change, band.shape[:2]) + gain * band
        if video.ndim == 4:
            change[..., 1:] *= chroma
        out[t] += change
    return out @ np.linalg.inv(_YIQ).T if video.ndim == 4 else out


@pytest.mark.parametrize("shape", [(6, 64, 96), (4, 37, 50), (3, 35, 70, 3)])
@pytest.mark.parametrize("alpha", [3, 10])
@pytest.mark.parametrize("levels", [None, 3])
def test_slow_twin(shape, alpha, levels):
    """Sizes that halve evenly, and that do not: the same to rounding."""
    video = RNG.uniform(0, 255, shape)
    expected = naive(video, alpha, 16, 0.4, 0.05, levels or heights(min(shape[1:3])), 0.1)
    assert_allclose(magnify(video, alpha, levels=levels), expected, atol=1e-8)


@pytest.mark.parametrize(
    ("size", "levels"),
    [((280, 340), 7), ((480, 640), 8), ((170, 140), 6), ((224, 224), 7), ((160, 200), 7)],
)
def test_levels_follow_the_frame_as_in_the_authors_code(size, levels):
    """maxPyrHt of matlabPyrTools plus one: 7 at 340 × 280, 8 at 640 × 480."""
    video = RNG.uniform(0, 255, (2, *size)).astype(np.float32)
    assert len(_gains(*size, 10, 16, None, 2)) == levels
    assert_array_equal(magnify(video), magnify(video, levels=levels))
    assert_array_equal(magnify(video), magnify(video, levels=20))  # no more can be built
    assert np.abs(magnify(video, levels=levels - 1) - magnify(video)).max() > 0.1


@pytest.mark.parametrize("video", [GREY, RGB], ids=["grey", "rgb"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_alpha_zero_is_the_identity(video, dtype):
    video = video.astype(dtype)
    out = magnify(video, alpha=0)
    assert out.dtype == dtype and out is not video
    assert_array_equal(out, video)


@pytest.mark.parametrize("video", [GREY, RGB], ids=["grey", "rgb"])
def test_uint8_is_the_rounded_and_clipped_float(video):
    exact = magnify(video.astype(np.float32), alpha=15)
    assert exact.max() > 255 and exact.dtype == np.float32
    assert_array_equal(magnify(video, alpha=15), np.clip(np.rint(exact), 0, 255))
    assert_allclose(magnify(video.astype(float), alpha=15), exact, atol=0.01)


@pytest.mark.parametrize("shape", [(3, 16, 16), (1, 20, 31), (2, 17, 100), (2, 33, 47, 3)])
def test_any_size_keeps_its_shape_and_moves(shape):
    video = RNG.uniform(0, 255, shape)
    out = magnify(video)
    assert out.shape == shape and np.isfinite(out).all()
    assert_array_equal(out[0], video[0])
    if len(video) > 1:
        assert np.abs(out[1] - video[1]).max() > 1


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_a_constant_clip_stays(dtype):
    frame = RNG.uniform(0, 255, (40, 50)).astype(dtype)
    video = np.repeat(frame[None], 6, axis=0)
    assert_array_equal(magnify(video, alpha=50), video)


def growth(wavelength, period, alpha, **options):
    """How many times larger a sine pattern moves after magnification."""
    settled, x = np.arange(4 * period) + 100, np.arange(192)
    times = np.arange(100 + 4 * period)
    shift = 0.1 * np.sin(2 * np.pi * times / period)
    video = 100 + 20 * np.sin(2 * np.pi * (x - shift[:, None]) / wavelength)
    video = np.repeat(video[:, None], 96, axis=1).astype(np.float32)

    def swing(frames):
        wave = frames[settled, 48] @ np.exp(-2j * np.pi * x / wavelength)
        return np.abs(np.unwrap(np.angle(wave)) @ np.exp(-2j * np.pi * settled / period))

    return swing(magnify(video, alpha, **{"levels": 5, **options})) / swing(video)


def response(period, r1=0.4, r2=0.05):
    z = np.exp(2j * np.pi / period)
    return r1 / (1 - (1 - r1) / z) - r2 / (1 - (1 - r2) / z)


@pytest.mark.parametrize("alpha", [2, 5, 10])
def test_displacement_grows_as_the_theory_says(alpha):
    # Not in full: part of the wave lies in the residual and in the finest level, which are left.
    expected = np.abs(1 + alpha * response(16))
    assert 0.88 * expected < growth(32, 16, alpha) <= 1.01 * expected


def test_motion_outside_the_band_grows_little():
    inside = growth(32, 16, 10)
    assert growth(32, 400, 10) < 0.5 * inside  # slow
    assert growth(32, 4, 10) < 0.7 * inside  # fast


def test_short_waves_are_spared_below_the_cutoff():
    assert_allclose(growth(12, 16, 10, lambda_c=4000), 1, atol=1e-3)


def test_chroma():
    video = np.full((4, 32, 32, 3), 100.0)
    video[..., 0] += RNG.uniform(0, 20, (4, 32, 32))
    for chroma in (0, 0.5):
        change = (magnify(video, chroma=chroma) - video) @ _YIQ.T
        whole = (magnify(video, chroma=1) - video) @ _YIQ.T
        assert_allclose(change, whole * (1, chroma, chroma), atol=1e-8)


def test_step_keeps_marks_and_parameters():
    points = RNG.uniform(0, 30, (68, 2))
    clip = Clip("a", GREY, fps=200, onset=1, apex=3, offset=5, landmarks=points)
    (out,) = EVM(alpha=7, levels=4).transform([clip])
    assert_array_equal(out.frames, magnify(GREY, alpha=7, levels=4))
    assert (out.id, out.fps, out.onset, out.apex, out.offset) == ("a", 200, 1, 3, 5)
    assert_array_equal(out.landmarks, points)


@pytest.mark.parametrize(
    "wrong",
    [{"alpha": -1}, {"r1": 0.05, "r2": 0.4}, {"r1": 1.5}, {"levels": 2}, {"lambda_c": 0},
     {"chroma": -1}, {"exaggeration": 0}],
)  # fmt: skip
def test_parameters_that_cannot_work_are_refused(wrong):
    with pytest.raises(BadInput, match=next(iter(wrong))):
        magnify(GREY, **wrong)
    with pytest.raises(BadInput, match=next(iter(wrong))):
        EVM(**wrong).fit([Clip("a", GREY)])


def test_videos_that_cannot_be_used_are_refused():
    for video in (GREY[0], RGB[..., :2], GREY.astype(bool), GREY[:0]):
        with pytest.raises(BadInput, match=r"\(T, H, W\)"):
            magnify(video)
    with pytest.raises(BadInput, match="16×16"):
        magnify(GREY[:, :15])
    with pytest.raises(BadInput, match="NaN"):
        magnify(GREY * np.nan)
