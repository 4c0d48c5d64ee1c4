import math

import naive_flow_family as naive
import numpy as np
import pytest
from numpy.testing import assert_allclose

from mebench import Clip
from mebench.errors import BadInput
from mebench.features import FDM, fdm
from mebench.features._fdm import _best_direction, _by_region, _in_order, principal_vectors
from mebench.features.regions import grid_spans
from mebench.synthetic import make_clip, true_flow
from mebench.testing import check_extractor, make_clips


@pytest.mark.parametrize("half_angle", [0.4, math.pi / 4, math.pi / 2])
@pytest.mark.parametrize("seed", range(3))
def test_like_the_twin_that_tries_every_direction(half_angle, seed):
    rng = np.random.default_rng(seed)
    n = 40 if seed else 7
    fields = rng.normal((0.4, -0.2), 1, (2, 24, 24, 2)).astype(np.float32)
    fields[:, ::5] = 0
    rows = [(r, y, x) for r in range(3) for y, x in rng.integers(0, 12, (7, 2))]
    spans = np.array([(r, y, x, x + n // 7) for r, y, x in rows], np.int32)
    found = principal_vectors(fields, spans, 3, half_angle)
    for region in range(3):
        vectors = [
            tuple(f[y, x].astype(float))
            for r, y, a, b in spans if r == region for f in fields for x in range(a, b)
        ]  # fmt: skip
        assert_allclose(found[region], naive.principal_vector(vectors, half_angle), rtol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_no_direction_has_more(seed):
    """Σ⟨w, ξ⟩ over the vectors within the half-angle, also where climbing stops at a lesser."""
    rng = np.random.default_rng(seed)
    hills = rng.uniform(0, 2 * math.pi, 3)
    angle = np.concatenate([rng.normal(at, 0.3, 120) for at in hills])
    vectors = rng.gamma(2, 0.5, 360)[:, None] * np.stack([np.cos(angle), np.sin(angle)], -1)
    field = vectors.reshape(18, 20, 2)
    spans = grid_spans((18, 20), (1, 1))
    first, kept = _by_region(field[None], spans, 1)
    for half_angle in (0.3, math.pi / 4, math.pi / 2):
        best = max(
            naive.reward(vectors.tolist(), a, half_angle) for a in np.linspace(-np.pi, np.pi, 721)
        )
        found = _best_direction(kept[first[0] : first[1]], half_angle)
        assert naive.reward(vectors.tolist(), found, half_angle) >= best


def test_few_and_odd_vectors():
    def principal(*vectors):
        field = np.array(vectors, float)[None, None]
        spans = np.array([[0, 0, 0, len(vectors)]], np.int32)
        return principal_vectors(field, spans, 1)[0].tolist()

    assert principal((0, 0)) == [0, 0]
    assert principal((0, 0), (-3, 4)) == [-3, 4]
    assert principal((1, 0), (-2, 0)) == [-2, 0]
    assert principal((1, 0), (0, 1)) == [0.5, 0.5]  # 45° on either side: both count
    assert principal((-1, 1e-3), (-1, -1e-3), (1, 0)) == [-1, 0]  # around ±π
    assert principal(*[(2, 1)] * 5) == [2, 1]


def test_times_and_order():
    fields = [np.full((20, 20, 2), (t, -2.0 * t)) for t in range(1, 5)]

    def given(a, b):
        return fields[int(b[0, 0]) - 1]

    video = np.zeros((5, 20, 20), np.float32)
    video[:, 0, 0] = range(5)
    options = {"regions": (1, 1), "align": False, "flow": given}
    assert_allclose(fdm(video, times=2, **options), [1.5, -3, 3.5, -7])
    assert_allclose(fdm(video, times=4, **options)[::2], [1, 2, 3, 4])
    doubled = fdm(video, times=2, **{**options, "flow": lambda a, b: 2 * given(a, b)})
    assert_allclose(doubled, [3, -6, 7, -14])  # it scales with the flow


def test_no_motion_is_zero():
    clip = make_clips(1)[0]
    still = np.full((5, 100, 100), 90, np.uint8)
    assert not fdm(still, clip.landmarks, times=2).any()


def test_a_mirrored_clip_has_mirrored_vectors():
    def either_way(a, b):
        gy, gx = np.gradient(a.astype(float))
        return np.stack([gx, gy + 0.01], -1) * (b.astype(float) - a)[..., None]

    rng = np.random.default_rng(0)
    video = make_clips(1)[0].frames + rng.random((9, 100, 100))
    options = {"regions": (1, 1), "times": 1, "align": False, "flow": either_way}
    plain, turned = fdm(video, **options), fdm(video[:, :, ::-1], **options)
    assert_allclose(turned, plain * [-1, 1], rtol=1e-4)


def test_a_true_smile_goes_up_and_apart():
    """Frames whose displacement is known: the mouth's corners, right and left, at the apex."""
    frames, truth = make_clip(seed=3, aus=(12,), size=(240, 180), clean=True)
    kept = frames[[truth.onset, truth.apex]]
    landmarks = truth.landmarks[truth.onset]
    corners = np.rint(landmarks[[48, 54]]).astype(int)
    spans = np.array(
        [(i, y, x - 4, x + 5) for i, (x, at) in enumerate(corners) for y in range(at - 4, at + 5)],
        np.int32,
    )
    truth_there = principal_vectors(true_flow(truth, truth.apex, head=False)[None], spans, 2)
    assert truth_there[0, 0] < 0 < truth_there[1, 0] and (truth_there[:, 1] < 0).all()

    def known(a, b):
        return true_flow(truth, truth.apex, head=False)

    blocks = FDM("au12", times=1, align=False, flow=known)
    row = blocks.transform([Clip("smile", kept, landmarks=landmarks)])[0]
    assert row.shape == (2,) and row[1] < -0.05
    measured = fdm(kept, landmarks, regions="au12", times=1, align=False)
    drifting = fdm(
        kept, landmarks, regions="au12", times=1, align=False,
        flow=lambda a, b: true_flow(truth, truth.apex),
    )  # fmt: skip
    assert_allclose(measured, drifting, atol=0.25)


def test_keeps_the_rules():
    check_extractor(FDM((4, 4), times=2), landmarks=True, apex=False)
    assert FDM((5, 4), times=3).n_features == 5 * 4 * 3 * 2


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"half_angle": 0}, "half_angle must"),
        ({"half_angle": 2}, "half_angle must"),
        ({"times": 9}, "into 9 blocks"),
        ({"pairs": "all"}, "pairs must be"),
        ({"align": True}, "FindLandmarks"),
    ],
)
def test_refusals(params, message):
    clip = make_clips(1, landmarks=False)[0]
    with pytest.raises(BadInput, match=message):
        FDM(**{"align": False, **params}).transform([clip])


def test_directions_are_sorted_like_a_stable_argsort():
    rng = np.random.default_rng(0)
    for n in (1, 2, 3, 700):
        for values in (
            rng.normal(size=n),
            np.zeros(n),
            rng.normal(size=n).round(1),
            np.r_[rng.normal(size=n - 1) * 1e-13, 1],  # apart by less than the digits can tell
        ):
            np.testing.assert_array_equal(_in_order(values), np.argsort(values, kind="stable"))
