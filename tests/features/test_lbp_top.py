"""LBP-TOP against the authors' code, a slow twin, and what must hold for any descriptor."""

from pathlib import Path

import naive
import numpy as np
import pytest

from mebench import LBPTOP, Clip
from mebench.errors import BadInput
from mebench.features import lbp_top
from mebench.features.lbp import uniform_labels

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "lbp_top.npz")
KEYS = [key for key in GOLDEN if key.startswith("lbptop")]


def clip(shape=(9, 20, 22), seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("key", KEYS)
def test_equals_the_authors_code(key):
    _, rx, ry, rt, bil, bins = key.split("_")
    found = lbp_top(
        GOLDEN["video"],
        regions=(1, 1),
        radii=(int(rx[2:]), int(ry[2:]), int(rt[2:])),
        sampling="bilinear_floor" if bil == "bil1" else "nearest",
        mapping="u2" if bins == "bin59" else "raw",
    ).reshape(3, -1)
    if bins == "bin59":
        ours, theirs = uniform_labels(8), GOLDEN["oulu_u2_label_of_code"].astype(int)
        label = dict(zip(ours[theirs[:, 0]], theirs[:, 1], strict=True))
        found = found[:, np.argsort([label[i] for i in range(59)])]
    assert np.abs(found - GOLDEN[key]).max() < 1e-12


def test_golden_files_are_all_used():
    assert len(KEYS) >= 6


@pytest.mark.parametrize(
    ("blocks", "times", "radii", "points"),
    [
        ((2, 3), 1, (3, 3, 3), 8),
        ((1, 2), 2, (1, 1, 2), 8),
        ((5, 5), 1, (1, 1, 4), 4),
        ((1, 1), 1, (2, 1, 3), 6),
    ],
)
def test_equals_the_slow_twin(blocks, times, radii, points):
    video = clip()
    fast = lbp_top(video, regions=blocks, times=times, radii=radii, points=points)
    np.testing.assert_allclose(fast, naive.lbp_top(video, blocks, times, radii, points), atol=1e-15)


def test_bilinear_equals_the_slow_twin_away_from_ties():
    # Real-valued grey levels: no neighbour equals its centre, so rounding decides nothing.
    video = np.random.default_rng(1).uniform(0, 255, (7, 12, 13)).astype(np.float32)
    fast = lbp_top(video, regions=(1, 1), radii=(2, 2, 2), mapping="raw", sampling="bilinear")
    slow = [
        np.bincount(codes.ravel(), minlength=256) / codes.size
        for codes in naive.lbp_codes(video, (2, 2, 2), 8, "bilinear")
    ]
    np.testing.assert_allclose(fast, np.concatenate(slow), atol=1e-15)


@pytest.mark.parametrize(("points", "bins"), [(4, 15), (8, 59), (16, 243)])
def test_uniform_labels(points, bins):
    labels = uniform_labels(points)
    np.testing.assert_array_equal(labels, naive.uniform_labels(points))
    assert len(set(labels)) == bins


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_constant_clip_has_all_bits_set(dtype):
    found = lbp_top(np.full((8, 16, 16), 77, dtype), regions=(2, 2), radii=(1, 1, 1))
    assert (found.reshape(-1, 59)[:, 57] == 1).all()


def test_offset_of_all_grey_levels_changes_nothing():
    video = clip() // 2
    np.testing.assert_array_equal(
        lbp_top(video, regions=(2, 2)), lbp_top(video + 9, regions=(2, 2))
    )


def test_float_and_uint8_agree():
    video = clip()
    for sampling in ("nearest", "bilinear", "bilinear_floor"):
        a = lbp_top(video, regions=(2, 2), sampling=sampling)
        np.testing.assert_array_equal(
            a, lbp_top(video.astype(float), regions=(2, 2), sampling=sampling)
        )


def test_mirrored_clip_mirrors_the_blocks():
    # Under mirroring, neighbour p of XY goes to place (4 − p) mod 8; YT codes stay as they are.
    video = clip((7, 21, 21))
    a = lbp_top(video, regions=(1, 3), radii=(2, 2, 2), mapping="raw").reshape(3, 3, 256)
    b = lbp_top(video[:, :, ::-1], regions=(1, 3), radii=(2, 2, 2), mapping="raw")
    b = b.reshape(3, 3, 256)[::-1]
    # 21 − 4 = 17 columns do not part evenly into three; compare the whole instead.
    codes = np.arange(256)
    mirrored = sum(((codes >> p) & 1) << ((4 - p) % 8) for p in range(8))
    weights = np.array([5, 6, 6]) / 17
    whole = np.tensordot(weights, a, 1)
    other = np.tensordot(weights[::-1], b, 1)
    np.testing.assert_allclose(whole[2], other[2], atol=1e-12)
    np.testing.assert_allclose(whole[0], other[0][mirrored], atol=1e-12)


def test_overlap_grows_the_blocks():
    plain = lbp_top(clip(), regions=(2, 2), mapping="raw")
    grown = lbp_top(clip(), regions=(2, 2), mapping="raw", overlap=0.5)
    assert plain.shape == grown.shape and not np.allclose(plain, grown)


def test_landmark_regions_and_names():
    landmarks = np.random.default_rng(0).uniform(20, 100, (68, 2))
    extractor = LBPTOP(regions="mdmo", radii=(1, 1, 1))
    rows = extractor.transform([Clip("a", clip((5, 120, 120)), landmarks=landmarks)])
    assert rows.shape == (1, 36 * 3 * 59) == (1, len(extractor.get_feature_names_out()))
    with pytest.raises(BadInput, match="FindLandmarks"):
        extractor.transform([clip((5, 120, 120))])


def test_names_follow_the_order_of_the_features():
    names = LBPTOP(regions=(1, 2), times=2, points=4).get_feature_names_out()
    assert len(names) == len(set(names)) == 2 * 2 * 3 * 15
    assert names[0] == "t0_block0,0_XY_0" and names[15] == "t0_block0,0_XT_0"
    assert names[45] == "t0_block0,1_XY_0" and names[-1] == "t1_block0,1_YT_14"


def test_default_dimension():
    assert LBPTOP().n_features == 11328


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"radii": (3, 3, 5)}, "TIM"),
        ({"regions": (30, 30)}, "fewer blocks"),
        ({"points": 0}, "points"),
        ({"points": 3.5}, "whole number"),
        ({"mapping": "riu2"}, "mapping"),
        ({"sampling": "cubic"}, "sampling"),
        ({"times": 0}, "times"),
        ({"radii": (0, 1, 1)}, "radii"),
        ({"overlap": 1.0}, "overlap"),
        ({"regions": "nose"}, "regions"),
    ],
)
def test_clear_errors(params, message):
    with pytest.raises(BadInput, match=message):
        lbp_top(clip(), **params)


def test_pixels_that_are_no_numbers():
    video = clip().astype(float)
    video[3, 4, 5] = np.nan
    with pytest.raises(BadInput, match="finite"):
        lbp_top(video, regions=(1, 1))
