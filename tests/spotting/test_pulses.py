"""Movements told from noise: filters in time, and what blocks share."""

import numpy as np
import pytest

from mebench.spotting.pulses import filtered, pooled, pooling, pulse, pulse_filter

SEEN = np.ones(3000, bool)


def slow_noise(n=6):
    """As of a codec: still for some frames, then elsewhere."""
    rng = np.random.default_rng(0)
    x = np.repeat(rng.standard_normal((len(SEEN) // 10, n)), 10, axis=0)
    return x + 0.1 * rng.standard_normal(x.shape)


def test_a_pulse_of_its_length_is_given_its_height_wherever_it_is():
    weights = pulse_filter(slow_noise(), SEEN, 10, 41)
    x = np.zeros((120, 2))
    x[40:81, 1] = 3 * pulse(10, 41)
    assert filtered(x, weights)[60].tolist() == pytest.approx([0, 3])
    assert np.allclose(weights, weights[::-1])


def test_no_other_filter_lets_less_of_the_noise_through():
    noise = slow_noise()
    weights = pulse_filter(noise, SEEN, 10, 41)
    plain = pulse(10, 41) / (pulse(10, 41) ** 2).sum()
    left = [filtered(noise, w)[50:-50].std() for w in (weights, plain)]
    assert left[0] < 0.8 * left[1]


def test_frames_without_a_face_and_a_still_picture_say_nothing_of_noise():
    noise, seen = slow_noise(), SEEN.copy()
    seen[1000:1500] = False
    wild = noise.copy()
    wild[1000:1500] = 99
    assert np.array_equal(pulse_filter(noise, seen, 8, 21), pulse_filter(wild, seen, 8, 21))
    still = pulse_filter(np.zeros((50, 3)), np.ones(50, bool), 8, 21)
    assert np.allclose(still, pulse(8, 21) / (pulse(8, 21) ** 2).sum())
    assert np.isfinite(pulse_filter(np.zeros((3, 2)), np.zeros(3, bool), 8, 21)).all()


def test_what_blocks_share_is_the_mean_of_neighbours_and_mirror_images():
    blocks = np.ones(36, bool)
    blocks[[7, 10, 35]] = False
    ids = np.flatnonzero(blocks)
    moved = np.random.default_rng(1).standard_normal((4, len(ids), 2))
    place = {int(b): i for i, b in enumerate(ids)}
    both = moved.copy()
    halves, pairs = [], []
    for b, i in place.items():
        row, column = divmod(b, 6)
        other = place.get(row * 6 + 5 - column)
        if other is not None:
            both[:, i] = (moved[:, i] + moved[:, other] * [-1, 1]) / 2
            if column < 3:
                halves.append(both[:, i])
        for r, c in ((row, column + 1), (row + 1, column)):
            if c < 6 and r * 6 + c in place:
                pairs.append((i, place[r * 6 + c]))
    near = [(m[:, i] + m[:, j]) / 2 for m in (moved, both) for i, j in pairs]
    wanted = np.stack([*moved.transpose(1, 0, 2), *halves, *near], axis=1)
    assert np.allclose(pooled(moved, pooling(blocks)), wanted, atol=1e-6)
