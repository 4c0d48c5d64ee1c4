"""The relatives of LBP-TOP against their slow twins, and what must hold for all of them."""

import naive_lbp_family as naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mebench import features
from mebench.errors import BadInput
from mebench.features import (
    cbp_top,
    colour_lbp_top,
    completed_patterns,
    elbptop,
    frame_lbp,
    lbp_mop,
    lbp_sip,
    lbp_top,
    lbp_xyot,
    stlbp_ip,
)

SMALL = {
    lbp_sip: {"regions": (2, 2)},
    lbp_xyot: {"regions": (2, 2)},
    frame_lbp: {"regions": (2, 2)},
    lbp_mop: {"blocks": (2, 2)},
    stlbp_ip: {"blocks": (2, 2), "window": 5},
    elbptop: {"regions": (2, 2), "times": 1},
    cbp_top: {"regions": (2, 2)},
    completed_patterns: {"regions": (2, 2)},
    colour_lbp_top: {"regions": (2, 2)},
}
ALL = pytest.mark.parametrize("describe", SMALL, ids=lambda function: function.__name__)


def clip(shape=(9, 20, 22), seed=0, levels=256):
    """Few levels make many ties."""
    return np.random.default_rng(seed).integers(0, levels, shape, dtype=np.uint8)


def same(fast, slow):
    np.testing.assert_allclose(fast, slow, rtol=0, atol=1e-12)


VIDEOS = st.builds(
    clip,
    shape=st.tuples(st.integers(7, 8), st.integers(14, 16), st.integers(14, 16)),
    seed=st.integers(0, 1000),
    levels=st.sampled_from([2, 4, 256]),
)
FEW = settings(max_examples=3, deadline=None)


@FEW
@given(VIDEOS)
def test_lbp_sip_equals_its_twin(video):
    same(
        lbp_sip(video, regions=(2, 1), times=2, radii=(1, 3, 2)),
        naive.lbp_sip(video, (2, 1), 2, (1, 3, 2)),
    )


def test_joint_codes_of_lbp_sip():
    video = clip(levels=4)
    joint = lbp_sip(video, regions=(1, 1), joint=True).reshape(4, 16)
    same(np.r_[joint.sum(axis=0), joint.sum(axis=1)], lbp_sip(video, regions=(1, 1)))


@FEW
@given(VIDEOS)
def test_frame_lbp_equals_its_twin(video):
    same(
        frame_lbp(video, regions=(1, 2), times=2, radius=2),
        naive.frame_lbp(video, (1, 2), 2, 2),
    )


def test_frame_lbp_of_one_frame():
    assert frame_lbp(clip((1, 20, 20)), regions=(2, 2)).reshape(4, 59).sum(axis=1) == (
        pytest.approx(1)
    )


@pytest.mark.parametrize("sampling", ["nearest", "bilinear", "bilinear_floor"])
def test_lbp_xyot_is_two_planes_of_lbp_top(sampling):
    params = {"regions": (2, 2), "radii": (1, 2, 3), "sampling": sampling, "mapping": "raw"}
    three = lbp_top(clip(), **params).reshape(4, 3, 256)
    same(lbp_xyot(clip(), **params), three[:, 1:].ravel())


def test_interpolation_of_single_planes():
    # Real-valued levels: in a clip of one frame three times, XY alone is the frame's.
    frame = np.random.default_rng(3).uniform(0, 255, (1, 15, 16)).astype(np.float32)
    params = {"regions": (1, 1), "mapping": "raw", "sampling": "bilinear"}
    three = lbp_top(np.repeat(frame, 7, axis=0), **params).reshape(3, 256)
    same(frame_lbp(frame, **params), three[0])


@FEW
@given(VIDEOS)
def test_lbp_mop_equals_its_twin(video):
    same(lbp_mop(video, blocks=(2, 2), radii=(2, 2, 3)), naive.lbp_mop(video, (2, 2), 2, 3))


@FEW
@given(VIDEOS, st.sampled_from([3, 5, 7]), st.sampled_from(["bilinear", "nearest"]), st.booleans())
def test_stlbp_ip_equals_its_twin(video, window, sampling, first):
    found = stlbp_ip(video, blocks=(2, 1), window=window, sampling=sampling, first=first)
    same(found, naive.stlbp_ip(video, (2, 1), window, sampling, first))


def test_the_zero_frame_stands_in_no_image():
    """All changes at once and then stays: only the zero frame makes a difference in the images."""
    video = np.full((6, 20, 20), 80, np.uint8)
    video[1:, :10] = 90
    images = {first: stlbp_ip(video, blocks=(1, 1), first=first)[512:] for first in (True, False)}
    flat = stlbp_ip(video[:1].repeat(6, axis=0), blocks=(1, 1))[512:]
    assert not np.array_equal(images[True], flat)
    np.testing.assert_array_equal(images[False][:59], flat[:59])  # along x nothing differs


@FEW
@given(VIDEOS)
def test_elbptop_equals_its_twin(video):
    same(
        elbptop(video, regions=(1, 2), times=1, radii=(2, 2, 3), delta=1),
        naive.elbptop(video, (1, 2), 1, (2, 2, 3)),
    )


def test_descriptors_of_elbptop_one_by_one():
    video = clip()
    whole = elbptop(video, regions=(2, 2)).reshape(3, -1)
    for row, name in zip(whole, ("lbp", "rdlbp", "adlbp"), strict=True):
        same(elbptop(video, regions=(2, 2), descriptors=(name,)), row)
    same(whole[0], lbp_top(video, regions=(2, 2), times=2, mapping="raw"))


def test_a_fusion_with_points_and_radii_of_each_descriptor():
    video = clip()
    parts = [("lbp", 4, (1, 1, 1)), ("rdlbp", 8, (3, 3, 2)), ("lbp", 8, (2, 2, 2))]
    fusion = features.ELBPTOP(
        tuple(name for name, _, _ in parts), (2, 2), 1, [r for _, _, r in parts],
        points=tuple(p for _, p, _ in parts),
    )  # fmt: skip
    alone = [
        elbptop(video, descriptors=(d,), radii=r, points=p, regions=(2, 2), times=1)
        for d, p, r in parts
    ]
    (row,) = fusion.transform([video])
    np.testing.assert_array_equal(row, np.concatenate(alone).astype(np.float32))
    assert fusion.widths == [4 * 3 * 16, 4 * 3 * 256, 4 * 3 * 256] == [len(a) for a in alone]
    names = fusion.get_feature_names_out()
    assert len(set(names)) == fusion.n_features == len(row)
    assert names[0] == "lbp4,1,1,1_t0_block0,0_XY_0"
    assert features.ELBPTOP().widths == [98304] * 3


def test_radial_differences_down_to_the_centre_are_lbp():
    found = elbptop(clip(), regions=(1, 1), times=1, radii=(2, 2, 2), delta=2).reshape(3, -1)
    same(found[1], found[0])


@FEW
@given(VIDEOS, st.sampled_from([(0.0, False), (3.0, False), (40.0, True)]))
def test_cbp_top_equals_its_twin(video, rule):
    threshold, absolute = rule
    found = cbp_top(video, regions=(2, 2), threshold=threshold, absolute=absolute)
    same(found, naive.cbp_top(video, (2, 2), threshold=threshold, absolute=absolute))


@FEW
@given(VIDEOS)
def test_completed_patterns_equal_their_twin(video):
    same(
        completed_patterns(video, regions=(1, 2), radii=(1, 2, 2)),
        naive.completed(video, (1, 2), (1, 2, 2)),
    )


def test_colour_is_lbp_top_by_channel():
    video = np.stack([clip(seed=i) for i in range(3)], axis=-1)
    same(
        colour_lbp_top(video, regions=(1, 1)),
        np.concatenate([lbp_top(video[..., c], regions=(1, 1)) for c in range(3)]),
    )
    grey = np.repeat(clip()[..., None], 3, axis=-1)
    same(colour_lbp_top(grey, regions=(1, 1)), colour_lbp_top(clip(), regions=(1, 1)))


@ALL
def test_offset_of_all_grey_levels_changes_nothing(describe):
    video = clip() // 2
    a, b = (describe(v, **SMALL[describe]) for v in (video, video + 100))
    np.testing.assert_array_equal(a, b)


@ALL
def test_bytes_and_floats_agree(describe):
    a, b = (describe(v, **SMALL[describe]) for v in (clip(), clip().astype(float)))
    np.testing.assert_array_equal(a, b)


#: The code, or label, that a clip of one grey level has in each histogram of a region.
FLAT = {
    lbp_sip: ([16, 4], [15, 3]),
    lbp_xyot: ([59, 59], [57, 57]),
    frame_lbp: ([59], [57]),
    lbp_mop: ([59] * 3, [57] * 3),
    stlbp_ip: ([16, 16, 59, 59], [15, 15, 57, 57]),
    elbptop: ([256] * 3, [255] * 3),
    cbp_top: ([32] * 3, [31] * 3),
    completed_patterns: ([256] * 9, [255, 255, 0] * 3),
    colour_lbp_top: ([59] * 3, [57] * 3),
}


@ALL
@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_constant_clip(describe, dtype):
    sizes, codes = FLAT[describe]
    region = np.zeros(sum(sizes))
    region[np.cumsum([0, *sizes[:-1]]) + codes] = 1
    found = describe(np.full((9, 20, 22), 77, dtype), **SMALL[describe])
    np.testing.assert_array_equal(
        found.reshape(-1, len(region)), [region] * (found.size // len(region))
    )


@ALL
def test_histograms_sum_to_one(describe):
    sizes, _ = FLAT[describe]
    rows = describe(clip(), **SMALL[describe]).reshape(-1, sum(sizes))
    sums = np.add.reduceat(rows, np.cumsum([0, *sizes[:-1]]), axis=1)
    np.testing.assert_allclose(sums, 1)


@ALL
@pytest.mark.parametrize(
    "video",
    [np.full((9, 20, 22), np.nan), np.zeros((20, 22)), np.zeros((9, 3, 3), np.uint8)],
    ids=["no numbers", "an image", "too small"],
)
def test_what_cannot_be_used(describe, video):
    with pytest.raises(BadInput):
        describe(video, **SMALL[describe])


@pytest.mark.parametrize(
    "describe", [f for f in SMALL if f is not frame_lbp], ids=lambda f: f.__name__
)
def test_clips_that_are_too_short(describe):
    with pytest.raises(BadInput, match="TIM"):
        describe(clip((2, 20, 22)), **SMALL[describe])


@pytest.mark.parametrize(
    ("describe", "params", "message"),
    [
        (lbp_sip, {"radii": (0, 1, 1)}, "radii"),
        (lbp_sip, {"joint": "yes"}, "joint"),
        (lbp_sip, {"times": 0}, "times"),
        (lbp_xyot, {"mapping": "riu2"}, "mapping"),
        (frame_lbp, {"radius": 0}, "radius"),
        (frame_lbp, {"points": 17}, "points"),
        (lbp_mop, {"blocks": (4, 2)}, "block is 5 pixels high"),
        (lbp_mop, {"blocks": (2, 4)}, "block is 5 pixels wide"),
        (lbp_mop, {"blocks": "kato"}, "blocks"),
        (stlbp_ip, {"window": 4}, "window"),
        (stlbp_ip, {"sampling": "cubic"}, "sampling"),
        (elbptop, {"points": (4, 8)}, "3 descriptors need"),
        (elbptop, {"radii": [(1, 1, 1)] * 2}, "3 descriptors need"),
        (stlbp_ip, {"blocks": (1, 0)}, "blocks"),
        (elbptop, {"descriptors": ("ltp",)}, "descriptors"),
        (elbptop, {"descriptors": ()}, "descriptors"),
        (elbptop, {"delta": 4}, "delta"),
        (elbptop, {"delta": 0}, "delta"),
        (completed_patterns, {"angles": 1}, "angles"),
        (cbp_top, {"regions": "nose"}, "regions"),
        (colour_lbp_top, {"points": 0}, "points"),
    ],
)
def test_clear_errors(describe, params, message):
    with pytest.raises(BadInput, match=message):
        describe(clip(), **params)


def test_colour_needs_three_channels():
    with pytest.raises(BadInput, match="shape"):
        colour_lbp_top(np.zeros((9, 20, 20, 2)))


def test_dimensions():
    widths = {
        "LBPSIP": 64 * 20,
        "LBPXYOT": 7552,
        "LBPMOP": 11328,
        "FrameLBP": 64 * 59,
        "CBPTOP": 64 * 96,
        "ELBPTOP": 3 * 98304,
        "STLBPIP": 25 * 2 * (256 + 59),
        "CompletedPatterns": 16 * 9 * 256,
        "ColourLBPTOP": 3 * 11328,
    }
    for name, width in widths.items():
        assert getattr(features, name)().n_features == width, name
    assert features.CBPTOP(regions="kato").n_features == 15 * 96
    assert len(features.ELBPTOP(regions=(1, 1)).get_feature_names_out()) == 3 * 2 * 3 * 256


def test_names_follow_the_order_of_the_features():
    names = features.LBPSIP(regions=(1, 2), times=2).get_feature_names_out()
    assert names[[0, 16, 20, 40]].tolist() == [
        "t0_block0,0_space_0", "t0_block0,0_time_0", "t0_block0,1_space_0", "t1_block0,0_space_0",
    ]  # fmt: skip
    assert features.STLBPIP().get_feature_names_out()[630] == "t0_block0,1_X_0"
    assert features.ELBPTOP(regions=(1, 1), times=1).get_feature_names_out()[768] == (
        "rdlbp_t0_block0,0_XY_0"
    )
    assert (
        features.CompletedPatterns().get_feature_names_out()[512] == "t0_block0,0_XY_orientation_0"
    )


def test_long_rows_are_stored_small():
    rows = features.ELBPTOP(regions=(1, 1)).transform([clip(), clip(seed=1)])
    assert rows.dtype == np.float32
    same(rows, np.float32([elbptop(clip(seed=i), regions=(1, 1)) for i in range(2)]))
