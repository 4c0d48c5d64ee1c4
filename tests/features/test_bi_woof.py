import naive_features as naive
import numpy as np
import pytest

from mebench import Clip
from mebench.errors import BadInput
from mebench.features import BiWOOF, FindApex, bi_woof
from mebench.features.regions import region_spans
from mebench.flow import flow
from mebench.preprocessing import AlignFace
from mebench.testing import make_clips


@pytest.fixture(scope="module")
def clip():
    return make_clips(1, seed=5)[0]


@pytest.fixture(scope="module")
def pair(clip):
    return clip.frames[0], clip.frames[4]


def given(field):
    """A flow method that always gives `field`."""
    return lambda a, b: field


@pytest.mark.parametrize("weight", ["sum", "mean"])
def test_by_hand(pair, weight):
    # The image's border, where the slow strain has no neighbours, is in no region.
    spans = region_spans("kato", (100, 100), make_clips(1)[0].landmarks)
    field = flow(*pair, "tvl1")
    votes = naive.direction_histograms(field, spans, 15, 8)
    weights = naive.strain_sums(field.astype(float), spans, 15)
    if weight == "mean":
        weights /= [len(pixels) for pixels in naive.members(spans, 15)]
    expected = votes / votes.sum(1, keepdims=True) * weights[:, None]
    expected /= np.linalg.norm(expected)
    found = bi_woof(*pair, make_clips(1)[0].landmarks, regions="kato", weight=weight)
    np.testing.assert_allclose(found, expected.ravel(), rtol=1e-4, atol=1e-6)


def test_length_and_dimension(pair):
    found = bi_woof(*pair)
    assert found.shape == (512,) and BiWOOF((5, 5)).n_features == 200
    assert np.linalg.norm(found) == pytest.approx(1)


def test_no_motion_is_zero(pair):
    assert not bi_woof(pair[0], pair[0]).any()
    clip = Clip("still", np.full((5, 40, 40), 90, np.uint8), apex=2)
    assert not BiWOOF().transform([clip]).any()
    assert not bi_woof(pair[0], pair[0], make_clips(1)[0].landmarks, align=True).any()
    # Uniform motion has directions but no strain.
    assert not bi_woof(*pair, flow=given(np.full((100, 100, 2), 1.5))).any()


def test_all_eight_bins_are_alive(pair):
    """Motion away from a point goes every way: each eighth of the circle gets its share."""
    y, x = np.mgrid[:100, :100] - 49.3
    found = bi_woof(*pair, regions=(1, 1), flow=given(0.02 * np.stack([x, y], -1)))
    np.testing.assert_allclose(found, 1 / np.sqrt(8), rtol=0.05)


def test_the_scale_of_motion_does_not_matter(pair):
    field = flow(*pair, "tvl1")
    np.testing.assert_allclose(
        bi_woof(*pair, flow=given(field)), bi_woof(*pair, flow=given(field * 4)), rtol=1e-5
    )


def test_sum_and_mean_are_one_on_equal_blocks(pair):
    np.testing.assert_allclose(
        bi_woof(*pair, regions=(5, 4)), bi_woof(*pair, regions=(5, 4), weight="mean"), rtol=1e-6
    )


def test_strained_blocks_weigh_most(pair):
    field = np.full((100, 100, 2), 0.5)
    field[10:40, 60:90, 0] += np.sin(np.arange(30) / 3)
    found = bi_woof(*pair, regions=(2, 2), flow=given(field)).reshape(4, 8)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [0, 1, 0, 0], atol=1e-3)


def test_face_may_sit_elsewhere_in_the_picture(clip):
    wide = np.pad(clip.frames, ((0, 0), (40, 40), (40, 40)), mode="edge")
    rows = []
    for x, y in ((0, 0), (7, 11)):
        moved = clip.replace(
            source=np.roll(wide, (y, x), axis=(1, 2)),
            landmarks=clip.landmarks + 40 + np.array([x, y]),
        )
        rows.append(BiWOOF().fit_transform(AlignFace(size=(80, 70)).transform([moved])))
    np.testing.assert_allclose(rows[0], rows[1], rtol=0, atol=1e-9)


def test_alignment_takes_a_drift_out(clip, pair):
    y, x = np.mgrid[:100, :100]
    drift = 0.01 * np.stack([x - 0.6 * y, 0.7 * x + y], -1) + (2, -1)
    patch = drift.copy()
    patch[75:85, 45:60] += (0.9, 0.3)
    turned = bi_woof(*pair, clip.landmarks, regions=(2, 2), align=True, flow=given(patch))
    still = bi_woof(*pair, regions=(2, 2), flow=given(np.where(patch == drift, 0, patch - drift)))
    assert turned @ still > 0.95
    assert bi_woof(*pair, regions=(2, 2), flow=given(patch)) @ still < 0.9


def test_apex_of_the_clip_is_used(clip):
    for apex in (2, 5):
        marked = clip.replace(onset=1, apex=apex)
        np.testing.assert_array_equal(
            BiWOOF().transform([marked])[0], bi_woof(clip.frames[1], clip.frames[apex])
        )
    without = clip.replace(apex=None)
    with pytest.raises(BadInput, match=r"'clip0' has no apex.*FindApex"):
        BiWOOF().transform([without])
    np.testing.assert_array_equal(
        BiWOOF().transform(FindApex().transform([without]))[0],
        bi_woof(clip.frames[0], clip.frames[4]),
    )


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"weight": "max"}, "weight must be"),
        ({"bins": 0}, "bins must be"),
        ({"flow": "guess"}, "guess"),
        ({"align": True}, "FindLandmarks"),
        ({"regions": "mdmo"}, "FindLandmarks"),
        ({"regions": (0, 1)}, "regions must be"),
    ],
)
def test_refusals(clip, params, message):
    with pytest.raises(BadInput, match=message):
        BiWOOF(**params).transform([clip.replace(landmarks=None)])
