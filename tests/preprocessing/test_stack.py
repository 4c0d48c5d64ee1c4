import numpy as np
import pytest

from mebench import Clip
from mebench.errors import BadInput
from mebench.features import FindApex
from mebench.preprocessing import OnsetMiddleApex


@pytest.fixture
def clip():
    video = np.arange(20, dtype=np.uint8)[:, None, None] * np.ones((1, 6, 5), np.uint8)
    points = np.arange(20)[:, None, None] + np.zeros((1, 68, 2))
    return Clip("a", video, fps=100, onset=2, apex=11, offset=18, landmarks=points)


def test_three_frames(clip):
    (out,) = OnsetMiddleApex().transform([clip])
    assert out.frames[:, 0, 0].tolist() == [2, 6, 11]
    assert (out.id, out.onset, out.apex, out.offset) == ("a", 0, 2, 2)
    assert out.landmarks[:, 0, 0].tolist() == [2, 6, 11]
    # The same duration: nine frames at 100 per second are now two steps.
    assert 2 / out.fps == pytest.approx(9 / 100)


def test_frames_may_repeat(clip):
    (out,) = OnsetMiddleApex().transform([clip.replace(onset=11, landmarks=clip.landmarks[0])])
    assert out.frames[:, 0, 0].tolist() == [11, 11, 11]
    assert out.fps is None and out.landmarks.shape == (68, 2)


def test_without_an_apex(clip):
    without = clip.replace(apex=None)
    with pytest.raises(BadInput, match=r"'a' has no apex.*FindApex"):
        OnsetMiddleApex().transform([without])
    (out,) = OnsetMiddleApex().transform(FindApex().transform([without]))
    assert out.frames[:, 0, 0].tolist() == [2, 6, 10]
