import naive_flow_family as naive
import numpy as np
import pytest
from numpy.testing import assert_allclose

from mebench.errors import BadInput
from mebench.features import HIGOTOP, HOGTOP, higo_top, hog_top
from mebench.features.regions import grid_spans
from mebench.testing import check_extractor, make_clips

VIDEO = np.random.default_rng(3).integers(0, 256, (6, 17, 20), dtype=np.uint8)


@pytest.mark.parametrize("vote", ["magnitude", "one"])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(("times", "bins"), [(1, 8), (2, 5)])
def test_like_the_slow_twin(vote, signed, times, bins):
    options = {"times": times, "bins": bins, "signed": signed, "vote": vote}
    found = hog_top(VIDEO, regions=(2, 3), **options)
    assert_allclose(found, naive.hog_top(VIDEO, (2, 3), **options), rtol=1e-9, atol=1e-12)


def test_24_per_block_and_each_histogram_is_a_share():
    assert HOGTOP(regions=(5, 4), times=2).n_features == 5 * 4 * 2 * 24
    for found in (hog_top(VIDEO), higo_top(VIDEO)):
        assert_allclose(found.reshape(64, 3, 8).sum(-1), 1, rtol=1e-12)


def test_no_gradient_is_zero():
    assert not hog_top(np.full((4, 20, 20), 90, np.uint8)).any()
    still = np.repeat(VIDEO[:1], 4, axis=0)
    # Without change over time XT and YT know only one orientation: along space.
    assert not hog_top(still, regions=(1, 1)).reshape(3, 8)[1:, 1:7].any()


def test_light_changes_little():
    brighter = VIDEO.astype(np.float32) * 1.5 + 10
    for function in (hog_top, higo_top):
        assert_allclose(function(VIDEO), function(brighter), rtol=1e-5, atol=1e-7)
    # A shadow over half of a block: HIGO does not see it, but where its edge is.
    shaded = VIDEO.astype(np.float32)
    shaded[:, 9:] *= 0.25
    one = {"regions": (1, 1)}
    change = {f: np.abs(f(VIDEO, **one) - f(shaded, **one)).sum() for f in (hog_top, higo_top)}
    assert change[higo_top] < change[hog_top]


def test_a_mirrored_clip_has_mirrored_bins():
    plain = hog_top(VIDEO, regions=(1, 1)).reshape(3, 8)
    turned = hog_top(VIDEO[:, :, ::-1], regions=(1, 1)).reshape(3, 8)
    assert_allclose(turned[:2], plain[:2, ::-1], rtol=1e-6)  # x is an axis of XY and XT
    assert_allclose(turned[2], plain[2], rtol=1e-6)  # and none of YT


def test_motion_tilts_the_planes_of_time():
    """An edge that moves a pixel per frame lies at 45° on XT, of one sign."""
    x = np.arange(40.0)
    video = np.stack([np.tile(100 + 50 * np.sin((x - t) / 4), (20, 1)) for t in range(8)])
    xt = hog_top(video, regions=(1, 1), bins=4).reshape(3, 4)[1]
    assert xt.argmax() in (2, 3) and xt[2:].sum() > 0.95
    back = hog_top(video[::-1], regions=(1, 1), bins=4).reshape(3, 4)[1]
    assert back[:2].sum() > 0.95


def test_names_and_order():
    names = HIGOTOP(regions=(1, 2), bins=2).get_feature_names_out().tolist()
    assert names[:4] == ["t0_block0,0_XY_0", "t0_block0,0_XY_1", "t0_block0,0_XT_0",
                         "t0_block0,0_XT_1"]  # fmt: skip
    assert len(grid_spans((10, 10), (1, 2))) and len(names) == 12


@pytest.mark.parametrize("extractor", [HOGTOP((3, 3)), HIGOTOP((3, 3), times=2, signed=True)])
def test_keeps_the_rules(extractor):
    check_extractor(extractor, landmarks=False, apex=False)


def test_landmark_regions():
    clip = make_clips(1)[0]
    assert HOGTOP("kato").transform([clip]).shape == (1, 15 * 24)
    with pytest.raises(BadInput, match="landmarks"):
        HOGTOP("kato").transform([clip.replace(landmarks=None)])


@pytest.mark.parametrize(
    ("video", "params", "message"),
    [
        (VIDEO[:2], {}, "at least 3 frames"),
        (VIDEO[:, :2], {}, "3 frames of 3×3"),
        (VIDEO, {"vote": "half"}, "vote must be"),
        (VIDEO, {"bins": 0}, "bins must be"),
        (VIDEO, {"times": 9}, "into 9 blocks"),
        (VIDEO.astype(float) * np.nan, {}, "not finite"),
    ],
)
def test_refusals(video, params, message):
    with pytest.raises(BadInput, match=message):
        hog_top(video, **params)
