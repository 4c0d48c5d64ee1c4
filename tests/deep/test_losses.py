"""Losses against numbers worked out by hand."""

import math

import numpy as np
import pytest

from mebench.deep.losses import arcface_logits, class_weights, cross_entropy, focal_loss
from mebench.errors import BadInput

from .conftest import needs_keras


def test_class_weights_by_hand():
    y = np.array([0] * 6 + [1] * 3 + [2])
    assert class_weights(y, 3, "balanced") == pytest.approx([10 / 18, 10 / 9, 10 / 3])
    assert class_weights(y, 3, None).tolist() == [1, 1, 1]
    assert class_weights(y, 3, {"b": 4.0}, list("abc")).tolist() == [1, 4, 1]
    with pytest.raises(BadInput, match="balanced"):
        class_weights(y, 3, "heavy")


@needs_keras
def test_cross_entropy_by_hand():
    # softmax of (ln 1, ln 2, ln 5) is (1/8, 2/8, 5/8)
    logits = np.log(np.array([[1.0, 2.0, 5.0]] * 2, np.float32))
    truth = np.array([[0, 0, 1], [1, 0, 0]], np.float32)
    found = np.asarray(cross_entropy(truth, logits))
    assert found == pytest.approx([-math.log(5 / 8), -math.log(1 / 8)], rel=1e-5)


@needs_keras
def test_focal_loss_by_hand():
    # p = 0.8: there, −0.25 · 0.2² · ln 0.8; not there, −0.75 · 0.8² · ln 0.2
    logit = math.log(0.8 / 0.2)
    there, not_there = 0.25 * 0.04 * -math.log(0.8), 0.75 * 0.64 * -math.log(0.2)
    logits = np.full((3, 2), logit, np.float32)
    truth = np.array([[1, 1], [0, 0], [1, 0]], np.float32)
    found = np.asarray(focal_loss(truth, logits))
    assert found == pytest.approx([there, not_there, (there + not_there) / 2], rel=1e-4)


@needs_keras
def test_focal_loss_without_focus_is_half_the_cross_entropy():
    logits = np.array([[-2.0, 0.5]], np.float32)
    truth = np.array([[1, 0]], np.float32)
    odds = 1 / (1 + np.exp(-logits[0]))
    expected = -(math.log(odds[0]) + math.log(1 - odds[1])) / 2
    found = np.asarray(focal_loss(truth, logits, gamma=0, alpha=0.5))
    assert found == pytest.approx([expected / 2], rel=1e-5)


@needs_keras
def test_each_unit_may_have_its_own_alpha():
    logits = np.zeros((1, 2), np.float32)  # p = 0.5: 0.25 · ln 2, times 0.9 and 1 − 0.9
    found = np.asarray(focal_loss(np.float32([[1, 0]]), logits, alpha=np.float32([0.9, 0.9])))
    assert found == pytest.approx([0.25 * math.log(2) * (0.9 + 0.1) / 2], rel=1e-5)


@needs_keras
def test_focal_loss_stays_finite():
    found = np.asarray(focal_loss(np.ones((1, 2), np.float32), np.float32([[-90, 90]])))
    assert found == pytest.approx([0.25 * 90 / 2], rel=1e-5)


@needs_keras
def test_arcface_by_hand():
    # 60° to the true class becomes 60° + 0.5 rad; the other class keeps its cosine.
    cosines = np.array([[0.5, 0.2]], np.float32)
    found = np.asarray(arcface_logits(np.array([[1, 0]], np.float32), cosines, 10.0, 0.5))
    assert found[0] == pytest.approx([10 * math.cos(math.pi / 3 + 0.5), 2.0], rel=1e-4)


@needs_keras
def test_arcface_keeps_falling_beyond_the_turn():
    angles = np.array([2.5, 2.8, 3.0, 3.1])  # π − 0.5 is 2.64
    cosines = np.cos(angles)[:, None].astype(np.float32)
    found = np.asarray(arcface_logits(np.ones_like(cosines), cosines, 1.0, 0.5))[:, 0]
    assert (np.diff(found) < 0).all()
    assert found[2] == pytest.approx(math.cos(3.0) - 0.5 * math.sin(0.5), rel=1e-4)
