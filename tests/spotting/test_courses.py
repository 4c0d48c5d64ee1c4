"""The course of a movement: where it begins and ends, and whether it comes back."""

import numpy as np
import pytest

from mebench.spotting.courses import edges_of, stays_away


def movement(after, n=60, blocks=4):
    """Up within 6 frames from 20 on, held for 4, down to a share `after` of its height in 6."""
    rise = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, 7) / 6)
    course = np.r_[np.zeros(20), rise, np.ones(4), 1 - (1 - after) * rise]
    course = np.r_[course, np.full(n - len(course), after)]
    pattern = np.random.default_rng(0).standard_normal((blocks, 2))
    return course, course[:, None, None] * pattern


@pytest.mark.parametrize("after, away", [(0.0, False), (0.2, False), (0.5, True), (-0.8, True)])
def test_what_does_not_come_back_is_told_from_what_does(after, away):
    course, moved = movement(after)
    edges = np.full((60, 2), np.nan)
    edges[28] = 8, 8
    found = stays_away(moved, moved, edges, 3, 0.5)
    assert found[28] == away and found.sum() == away


def test_what_lies_across_the_movement_does_not_count():
    _, moved = movement(0.0)
    drift = np.linspace(0, 2, 60)[:, None, None] * np.eye(4, 2)[None]
    across = (
        drift
        - moved[28] * (drift * moved[28]).sum(axis=(1, 2), keepdims=True) / (moved[28] ** 2).sum()
    )
    edges = np.full((60, 2), np.nan)
    edges[28] = 8, 8
    assert not stays_away(moved + across, moved, edges, 3, 0.5).any()


def test_movements_that_a_video_cuts_off():
    course, moved = (part[:31] for part in movement(0.0))
    edges = edges_of(course, moved, moved, 0.5, 20)
    (peak,) = np.flatnonzero(np.isfinite(edges[:, 0]))
    assert peak + edges[peak, 1] <= 31
    assert stays_away(moved, moved, edges, 9, 0.5)[peak]  # it has not come back yet
