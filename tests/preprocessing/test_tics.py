"""The colour space of independent channels."""

import numpy as np
import pytest

from mebench import Clip
from mebench.errors import BadInput
from mebench.features import ColourLBPTOP, colour_lbp_top
from mebench.preprocessing import TICS, independent_colours
from mebench.testing import check_extractor, make_clips

MIX = np.array([[1, 0.5, 0.2], [0.4, 1, 0.3], [0.1, 0.5, 1]])


@pytest.fixture
def sources():
    """Independent channels that are not normally distributed, ``(6, 40, 40, 3)``."""
    rng = np.random.default_rng(0)
    return np.stack(
        [rng.uniform(0, 100, (6, 40, 40)), rng.exponential(30, (6, 40, 40)),
         rng.integers(0, 2, (6, 40, 40)) * 80.0],
        axis=-1,
    )  # fmt: skip


def resemblance(a, b):
    return np.corrcoef(a.reshape(-1, 3).T, b.reshape(-1, 3).T)[:3, 3:]


def test_finds_sources_in_their_order_and_sign(sources):
    found = sources @ MIX.T @ independent_colours(sources @ MIX.T).T
    np.testing.assert_allclose(resemblance(found, sources), np.eye(3), atol=0.05)


def test_channels_share_the_scale_of_the_clip(sources):
    video = sources @ MIX.T
    found = video @ independent_colours(video, n_pixels=10**6).T
    covariance = np.cov(found.reshape(-1, 3).T, bias=True)
    scale = np.cov(video.reshape(-1, 3).T, bias=True).trace() / 3
    np.testing.assert_allclose(covariance, scale * np.eye(3), atol=1e-6 * scale)


def test_offset_of_all_grey_levels_changes_no_histogram(sources):
    video = (sources @ MIX.T * 0.5).round().clip(0, 200).astype(np.uint8)
    a, b = (TICS().transform([v])[0].frames for v in (video, video + 20))
    params = {"regions": (1, 1), "radii": (1, 1, 1)}
    np.testing.assert_allclose(colour_lbp_top(a, **params), colour_lbp_top(b, **params), atol=2e-3)


def test_without_colour_nothing_changes(sources):
    grey = sources[..., 0].round().astype(np.uint8)
    equal = np.repeat(grey[..., None], 3, axis=-1)
    assert (independent_colours(equal) == np.eye(3)).all()
    assert (independent_colours(np.full((3, 5, 5, 3), 9, np.uint8)) == np.eye(3)).all()
    for video in (grey, equal):
        assert (TICS().transform([video])[0].frames == video).all()


def test_a_matrix_of_ones_own():
    video = np.random.default_rng(0).integers(0, 256, (2, 5, 6, 3), dtype=np.uint8)
    swap = [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    found = TICS(matrix=swap).transform([video])[0].frames
    np.testing.assert_array_equal(found, video[..., [1, 2, 0]])


def test_clips_are_independent_of_each_other(sources):
    videos = [sources[:3] @ MIX.T, sources[3:] @ MIX.T]
    together = TICS().transform(videos)
    np.testing.assert_array_equal(together[1].frames, TICS().transform(videos[1:])[0].frames)
    clip = Clip("a", videos[0], fps=100.0, apex=1)
    assert TICS().transform([clip])[0].apex == 1


class _Both(ColourLBPTOP):
    """TICS and LBP-TOP as one extractor: a Pipeline cannot name columns past a step of clips."""

    def _row(self, clip):
        return super()._row(TICS().transform([clip])[0])


def test_in_front_of_lbp_top_it_keeps_the_rules():
    check_extractor(_Both(regions=(2, 2), radii=(1, 1, 1)), landmarks=False, apex=False)
    assert TICS().transform(make_clips(1))[0].frames.ndim == 3


@pytest.mark.parametrize(
    ("params", "message"), [({"matrix": [1, 2]}, "3×3"), ({"n_pixels": 2}, "n_pixels")]
)
def test_clear_errors(params, message):
    with pytest.raises(BadInput, match=message):
        TICS(**params).transform(make_clips(1))


def test_frames_that_cannot_be_used():
    with pytest.raises(BadInput, match="colour=True"):
        independent_colours(np.zeros((3, 5, 5)))
    with pytest.raises(BadInput, match="finite"):
        independent_colours(np.full((3, 5, 5, 3), np.nan))
