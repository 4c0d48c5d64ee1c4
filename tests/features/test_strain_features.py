"""OSF and OSW."""

import naive_flow_family as naive
import numpy as np
import pytest
from numpy.testing import assert_allclose

from mebench.errors import BadInput
from mebench.features import OSF, OSWLBPTOP, lbp_top, osf, osw_lbp_top
from mebench.features.regions import grid_spans
from mebench.flow import clip_flow
from mebench.testing import check_extractor, make_clips


@pytest.fixture(scope="module")
def clip():
    return make_clips(1, seed=5, size=(44, 60), n_frames=5)[0]


def bent(a, b, factor=1.0, turn=0.0):
    """A patch is stretched; besides, everything may shift and turn."""
    y, x = np.mgrid[: a.shape[0], : a.shape[1]].astype(float)
    patch = np.exp(-((x - 20) ** 2 + (y - 30) ** 2) / 60)
    field = factor * np.stack([patch * np.sin(x / 3), patch], -1)
    return field + 3 + turn * np.stack([-y, x], -1)


@pytest.mark.parametrize("pairs", ["first", "consecutive"])
@pytest.mark.parametrize("size", [(10, 15), (7, 11)])
def test_osf_like_the_slow_twin(clip, pairs, size):
    fields = clip_flow(clip.frames, reference=0 if pairs == "first" else "previous")
    found = osf(clip.frames, size=size, pairs=pairs)
    assert_allclose(found, naive.osf(fields, size), rtol=1e-3, atol=1e-4)


def test_osf_shows_where_and_not_how_much(clip):
    found = osf(clip.frames, flow=bent)
    assert found.shape == (2500,) and found.min() >= 0 and 0.9 < found.max() <= 1
    row, column = divmod(int(found.argmax()), 50)
    assert abs(row * 44 / 50 - 30) < 8 and abs(column * 60 / 50 - 20) < 8
    # Neither the amount, nor a shift, nor a small turn of the head.
    for params in ({"factor": 9.0}, {"turn": 0.02}):
        other = osf(clip.frames, flow=bent, flow_params=params)
        assert_allclose(found, other, atol=1e-4)


def test_osf_of_a_mirrored_clip_is_mirrored(clip):
    def either_way(a, b):
        gy, gx = np.gradient(a.astype(float))
        return np.stack([gx, gy], -1) * (b.astype(float) - a)[..., None]

    plain, turned = (
        osf(v, flow=either_way).reshape(50, 50) for v in (clip.frames, clip.frames[:, :, ::-1])
    )
    assert_allclose(turned, plain[:, ::-1], atol=1e-5)


def test_no_motion_is_zero(clip):
    still = np.full((8, 44, 60), 90, np.uint8)
    points = clip.landmarks
    assert not osf(still).any() and not osf(still, points, align=True).any()
    weighted = osw_lbp_top(still, regions=(2, 2)).reshape(4, 3, 59)
    assert not weighted[:, 0].any()
    assert_allclose(weighted[:, 1:].sum(-1), 1)


@pytest.mark.parametrize("scale", ["max", "none"])
@pytest.mark.parametrize("overlap", [0.0, 0.5])
def test_osw_multiplies_the_xy_histograms(clip, scale, overlap):
    options = {"regions": (2, 3), "radii": (1, 1, 1), "overlap": overlap}
    plain = lbp_top(clip.frames, **options).reshape(6, 3, 59)
    weights = naive.block_means(
        naive.strain_map(clip_flow(clip.frames)), grid_spans((44, 60), (2, 3), 1, overlap), 6
    )
    if scale == "max":
        weights /= weights.max()
    plain[:, 0] *= weights[:, None]
    found = osw_lbp_top(clip.frames, scale=scale, **options)
    assert_allclose(found, plain.ravel(), rtol=1e-4, atol=1e-9)


def test_osw_in_parts_of_time(clip):
    options = {"regions": (2, 2), "radii": (1, 1, 1), "times": 3, "flow": bent}
    found = osw_lbp_top(clip.frames, **options).reshape(3, 4, 3, 59).sum(-1)
    assert_allclose(found[0], found[2], rtol=1e-9)
    assert found[0, :, 0].max() == pytest.approx(1) and found[0, :, 0].min() < 0.2
    more = osw_lbp_top(clip.frames, **options, flow_params={"factor": 3.0})
    assert_allclose(more.reshape(3, 4, 3, 59).sum(-1), found, rtol=1e-4)


@pytest.mark.parametrize(
    "extractor", [OSF((20, 20)), OSWLBPTOP((3, 3), radii=(1, 1, 1), points=4, align=True)]
)
def test_keeps_the_rules(extractor):
    check_extractor(extractor, landmarks=getattr(extractor, "align", False), apex=False)


def test_names_and_widths():
    assert OSWLBPTOP().n_features == 11328
    assert OSF((1, 2)).get_feature_names_out().tolist() == ["pixel0,0", "pixel0,1"]


@pytest.mark.parametrize(
    ("extractor", "message"),
    [
        (OSF((0, 5)), "size must be"),
        (OSF(pairs="all"), "pairs must be"),
        (OSF(align=True), "FindLandmarks"),
        (OSWLBPTOP(scale="sum"), "scale must be"),
        (OSWLBPTOP(radii=(3, 3, 5)), "need at least 11 frames"),
        (OSWLBPTOP(radii=(1, 1, 1), align=True), "FindLandmarks"),
    ],
)
def test_refusals(clip, extractor, message):
    with pytest.raises(BadInput, match=message):
        extractor.transform([clip.replace(landmarks=None)])
