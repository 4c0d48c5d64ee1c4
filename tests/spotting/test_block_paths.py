"""Paths of blocks, their usual place, and where a movement begins and ends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter, shift

from mebench.spotting.block_paths import N_BLOCKS, block_flows, edge, noise_of, paths, usual
from tests import naive_spotting as naive


def face(seed=0, size=(156, 132)):
    rng = np.random.default_rng(seed)
    noise = gaussian_filter(rng.standard_normal(size), 2)
    return 128 + 40 * noise / noise.std()


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**31), st.integers(12, 40))
def test_paths_are_those_of_the_equations_written_out(seed, n):
    rng = np.random.default_rng(seed)
    lags = [1, 3, 7]
    flows = rng.standard_normal((n, 3))
    flows[rng.random((n, 3)) < 0.2] = np.nan
    flows[1:, 0] = np.where(np.isnan(flows[1:, 0]), 0.5, flows[1:, 0])  # all hang together
    assert np.abs(paths(flows, lags) - naive.paths(flows, lags)).max() < 0.02
    tall = np.stack([flows, 2 * flows], -1)
    assert np.allclose(paths(tall, lags)[:, 1], 2 * paths(flows, lags))


def test_paths_without_a_flow_stand_still():
    assert not paths(np.full((6, 2, 4), np.nan), [1, 3]).any()
    assert paths(np.zeros((1, 2, 4)), [1, 3]).shape == (1, 4)


@given(st.integers(0, 2**31), st.integers(1, 60), st.integers(0, 8))
@settings(deadline=None, max_examples=30)
def test_usual_places_are_running_medians(seed, n, half):
    x = np.random.default_rng(seed).standard_normal(n)
    assert np.allclose(usual(x, 2 * half + 1), naive.running_median(x, 2 * half + 1))


def test_what_stays_or_goes_on_leaves_nothing_and_what_returns_stays_whole():
    t = np.arange(200.0)
    ramp = np.clip(t - 80, 0, 40)
    assert np.abs(ramp - usual(ramp, 41))[20:-20].max() < 1e-12
    bump = np.where((t > 90) & (t < 105), 3.0, 0.0)
    assert np.allclose(bump - usual(bump, 41), bump)
    thin = usual(np.stack([ramp, bump], 1), 13, every=3)
    assert thin.shape == (200, 2)
    assert np.allclose(thin[::3, 0], usual(ramp[::3], 13))


@pytest.mark.parametrize(("rise", "hold", "fall"), [(3, 0, 8), (5, 0, 5), (9, 20, 30), (2, 3, 2)])
def test_edges_of_cosines_are_where_they_begin_and_end(rise, hold, fall):
    t = np.arange(120.0)
    begins = 30
    marks = np.cumsum([begins, rise, hold + 1e-9, fall])
    phase = np.interp(t, marks, [0, 1, 1, 2])
    course = 0.5 - 0.5 * np.cos(np.pi * phase)
    apex = begins + rise
    assert abs(edge(course, apex, -1) - rise) < 0.75
    assert abs(edge(course, apex, 1) - (hold + fall)) < 0.75
    assert np.isclose(edge(course[::-1], 119 - apex, 1), edge(course, apex, -1))


def test_edges_of_what_never_ends_lie_within_the_frames():
    flat = np.ones(10)
    assert edge(flat, 4, 1) == 5 and edge(flat, 4, -1) == 4
    assert edge(np.array([1.0]), 0, 1) == 0


def test_noise_is_a_standard_deviation():
    x = np.random.default_rng(0).normal(3, 2, (4000, 2))
    x[:40] = 500
    assert np.allclose(noise_of(x), 2, rtol=0.05)


def test_a_face_that_stands_still_or_sways_has_still_blocks():
    images = [face().astype(np.uint8)] * 6
    flows = [m.flows for m in block_flows(images, [1, 3], [1, 1])]
    assert len(flows) == 6 and flows[0].shape == (2, N_BLOCKS + 4, 2)
    assert np.isnan(flows[0]).all() and np.isnan(flows[2][1]).all()
    assert not np.nan_to_num(flows[5]).any()
    moved = [
        shift(face(), (0, 0.5 * i), order=1, mode="nearest").astype(np.uint8) for i in range(3)
    ]
    last = list(block_flows(moved, [2], [1]))[-1].flows[0]
    # A pixel to the right, which is the head's: 55 pixels are a distance between the eyes.
    assert abs(last[N_BLOCKS, 0] * 55 - 1) < 0.15
    assert np.nanmedian(np.abs(last[:N_BLOCKS])) * 55 < 0.03


def test_a_lost_face_leaves_gaps():
    images = [face().astype(np.uint8)] * 8
    images[3] = None
    known = np.array(
        [np.isfinite(f.flows[:, N_BLOCKS, 0]) for f in block_flows(images, [1, 4], [1, 2])]
    )
    assert known[:, 0].tolist() == [False, True, True, False, False, True, True, True]
    assert known[:, 1].tolist() == [False] * 4 + [True, False, True, False]


def test_flows_hold_only_the_longest_lag():
    alive = []

    def stream():
        for i in range(40):
            image = (face() + i % 2).astype(np.uint8)
            alive.append(__import__("weakref").ref(image))
            yield image
            del image

    for _ in block_flows(stream(), [1, 3], [1, 1]):
        assert sum(ref() is not None for ref in alive) <= 2
