import math

import naive_features as naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mebench.errors import BadInput
from mebench.features.directions import direction_histograms, normalised, warn_of_empty
from mebench.features.regions import grid_spans, region_spans
from mebench.flow import align_flow


@pytest.mark.parametrize("fold", [False, True])
@pytest.mark.parametrize("bins", [1, 5, 8])
def test_like_the_slow_twin(face, fold, bins):
    rng = np.random.default_rng(bins)
    flow = rng.normal(0, 2, (100, 100, 2)).astype(np.float32)
    flow[rng.random((100, 100)) < 0.2] = 0
    # No pixel's direction lies on the edge of a bin, where rounding decides.
    affine = np.eye(2, 3) + rng.normal(0, 0.02, (2, 3))
    for regions in ((3, 4), "kato"):
        spans = region_spans(regions, (100, 100), face)
        n = spans[:, 0].max() + 1
        for head in (None, affine):
            found = direction_histograms(flow, spans, n, bins=bins, fold=fold, affine=head)
            twin = naive.direction_histograms(flow, spans, n, bins, fold, head)
            np.testing.assert_allclose(found, twin, rtol=1e-6, atol=1e-6)


def one(u, v, **params):
    spans = np.array([[0, 0, 0, 1]], np.int32)
    return direction_histograms(np.array([[[u, v]]]), spans, 1, **params)[0]


def test_bins_by_hand():
    # y points down: (1, 2) is below the diagonal, in the second eighth of the circle.
    for k, (u, v) in enumerate(
        [(2, 1), (1, 2), (-1, 2), (-2, 1), (-2, -1), (-1, -2), (1, -2), (2, -1)]
    ):
        expected = np.zeros(8)
        expected[k] = np.sqrt(5)
        np.testing.assert_allclose(one(u, v), expected, rtol=1e-12)
    # Folded, left and right are one, and the first bin points straight up.
    for k, (u, v) in enumerate([(1, -2), (2, -1), (2, 1), (1, 2)]):
        for sign in (1, -1):
            assert one(sign * u, v, bins=4, fold=True).argmax() == k


@pytest.mark.parametrize("fold", [False, True])
@pytest.mark.parametrize("v", [0.0, -0.0, 1e-100, -1e-100, 1.0, -1.0])
@pytest.mark.parametrize("u", [1.0, -1.0, 0.0, 2e-6])
def test_no_vote_is_lost_at_the_edges_of_bins(u, v, fold):
    found = one(u, v, bins=8, fold=fold)
    length = np.hypot(u, v)
    np.testing.assert_allclose(found.sum(), length if length > 1e-6 else 0, rtol=1e-12)


@given(st.integers(0, 10**6), st.floats(0.01, 50))
@settings(max_examples=30, deadline=None)
def test_votes_add_up_and_scale(seed, scale):
    rng = np.random.default_rng(seed)
    flow = rng.normal(0, 1, (20, 30, 2))
    spans = grid_spans((20, 30), (2, 3))
    found = direction_histograms(flow, spans, 6)
    np.testing.assert_allclose(found.sum(), np.hypot(*np.moveaxis(flow, -1, 0)).sum(), rtol=1e-9)
    scaled = direction_histograms(scale * flow, spans, 6)
    np.testing.assert_allclose(normalised(scaled), normalised(found), rtol=1e-6, atol=1e-9)


def test_alignment_inside_is_alignment_before():
    rng = np.random.default_rng(0)
    flow = rng.normal(0, 2, (20, 20, 2))
    affine = np.array([[1.02, 0.01, -0.5], [0.03, 0.97, 0.4]])
    spans = grid_spans((20, 20), (2, 2))
    np.testing.assert_allclose(
        direction_histograms(flow, spans, 4, affine=affine),
        direction_histograms(align_flow(flow, affine), spans, 4),
        rtol=1e-5,
    )


def test_normalised_leaves_zeros():
    assert normalised(np.array([[1.0, 3.0], [0.0, 0.0]])).tolist() == [[0.25, 0.75], [0, 0]]


def test_refusals():
    with pytest.raises(BadInput, match="bins must be at least 1"):
        one(1, 1, bins=0)
    with pytest.warns(RuntimeWarning, match="2 of 3 regions"):
        warn_of_empty(np.array([[1, 0, 0, 5]]), 3)


@pytest.mark.parametrize("fold", [False, True, "opposite"])
def test_crisp_bins_are_those_of_the_exact_angle(fold):
    # Most bins come from an angle that is only nearly right; near a border it must not be.
    rng = np.random.default_rng(3)
    grid = np.stack(np.meshgrid(np.arange(-20.0, 21), np.arange(-20.0, 21)), -1)
    near = grid + rng.choice([-1e-9, 0, 1e-9], grid.shape)
    for field in (grid, near, rng.normal(size=(41, 41, 2))):
        spans = np.array([[0, y, 0, 41] for y in range(41)], np.int32)
        for bins in (1, 4, 8, 12, 360):
            got = direction_histograms(field, spans, 1, bins=bins, fold=fold, vote="one")[0]
            want = np.zeros(bins)
            for u, v in field.reshape(-1, 2):
                if math.hypot(u, v) < 1e-6:
                    continue
                if fold is True:
                    at = (math.atan2(v, abs(u)) + math.pi / 2) * (bins / math.pi)
                else:
                    turn = math.pi if fold else 2 * math.pi
                    angle = math.atan2(v, u)
                    angle += turn if angle < 0 else 0
                    at = (0 if fold and angle >= turn else angle) * (bins / turn)
                want[min(int(at), bins - 1)] += 1
            np.testing.assert_array_equal(got, want)
