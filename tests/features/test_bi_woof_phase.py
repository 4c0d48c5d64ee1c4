import cv2
import naive_flow_family as naive
import numpy as np
import pytest
from numpy.testing import assert_allclose

from mebench.errors import BadInput
from mebench.features import BiWOOFPhase, bi_woof, bi_woof_phase
from mebench.features.directions import direction_histograms, normalised
from mebench.features.regions import grid_spans
from mebench.features.riesz import phase_shift
from mebench.flow import flow
from mebench.testing import check_extractor, make_clips


@pytest.fixture(scope="module")
def pair():
    return make_clips(1, seed=5, size=(40, 48))[0].frames[[0, 4]].astype(np.float32)


def test_phase_like_the_slow_twin(pair):
    bands = [f - cv2.pyrUp(cv2.pyrDown(f)) for f in pair]
    assert_allclose(phase_shift(*pair, level=0, smoothing=0), naive.phase_shift(*bands), atol=2e-3)


@pytest.mark.parametrize("way", [(1, 0), (-1, 0), (0, 1), (0, -1), (0.7, 0.7), (-0.7, 0.7)])
@pytest.mark.parametrize("level", [0, 1, 2])
def test_phase_goes_where_a_grating_goes(way, level):
    """And further, the further that goes: a wave of 2^(level + 2.5) pixels, seen at that level."""
    y, x = np.mgrid[:96, :96].astype(float)
    frequency = 2 * np.pi / 2 ** (level + 2.5)

    def grating(shift):
        return 120 + 60 * np.sin(frequency * (way[0] * x + way[1] * y - shift))

    middle = (slice(32, 64), slice(32, 64))
    lengths = []
    for shift in (0.25, 0.5, 1.0):
        found = phase_shift(grating(0), grating(shift), level)[middle].mean((0, 1))
        towards = found @ way / np.hypot(*found) / np.hypot(*way)
        assert towards > 0.97
        lengths.append(np.hypot(*found) / (frequency * shift))
    assert_allclose(lengths, 1, atol=0.3)


def test_no_change_has_no_phase(pair):
    assert not phase_shift(pair[0], pair[0]).any()
    flat = np.full((20, 20), 90.0)
    assert not phase_shift(flat, flat).any()


def test_flow_and_phases_side_by_side(pair):
    spans = grid_spans((40, 48), (2, 2))
    found = bi_woof_phase(*pair, regions=(2, 2), levels=[1, 0]).reshape(3, 4, 8)
    assert np.linalg.norm(found) == pytest.approx(1)
    plain = bi_woof(*pair, regions=(2, 2)).reshape(4, 8)
    assert_allclose(found[0] / np.linalg.norm(found[0]), plain, rtol=1e-6)
    strain = found.sum(-1)  # each histogram sums to its region's strain
    assert_allclose(strain[1:], np.stack([strain[0]] * 2), rtol=1e-6)
    for level, part in ((1, found[1]), (0, found[2])):
        votes = direction_histograms(phase_shift(*pair, level), spans, 4)
        assert_allclose(part / part.sum(-1, keepdims=True), normalised(votes), rtol=1e-5)


def test_no_motion_is_zero(pair):
    assert not bi_woof_phase(pair[0], pair[0], regions=(3, 3)).any()
    points = make_clips(1)[0].landmarks * 0.4
    assert not bi_woof_phase(pair[0], pair[0], points, regions=(3, 3), align=True).any()


def test_the_scale_of_flow_does_not_matter(pair):
    field = flow(*pair, "tvl1")
    rows = [
        bi_woof_phase(*pair, regions=(3, 3), flow=lambda a, b, f=factor: f * field)
        for factor in (1, 4)
    ]
    assert_allclose(rows[0], rows[1], rtol=1e-5, atol=1e-9)


def test_alignment_takes_the_apex_frame_back():
    """A patch moves while the head drifts: phase sees the patch alone once the drift is out."""
    clip = make_clips(1, seed=2)[0]
    first = clip.frames[0].astype(np.float32)
    patch = np.zeros((100, 100, 2), np.float32)
    patch[60:75, 45:60] = 0.9, 0.3
    head = np.full((100, 100, 2), (2.0, -1.0), np.float32)
    y, x = np.mgrid[:100, :100].astype(np.float32)

    def moved(field):
        return cv2.remap(first, x - field[..., 0], y - field[..., 1], cv2.INTER_CUBIC,
                         borderMode=cv2.BORDER_REPLICATE)  # fmt: skip

    options = {"regions": (4, 4), "levels": [1]}
    still = bi_woof_phase(first, moved(patch), flow=lambda a, b: patch, **options)
    drifting = {"flow": lambda a, b: patch + head, **options}
    aligned = bi_woof_phase(first, moved(patch + head), clip.landmarks, align=True, **drifting)
    left = bi_woof_phase(first, moved(patch + head), **drifting)
    assert aligned @ still > 0.95 and left @ still < 0.9


def test_keeps_the_rules():
    check_extractor(BiWOOFPhase((4, 4), flow="farneback"), landmarks=False, apex=True)
    assert BiWOOFPhase(levels=[0]).n_features == 1024
    names = BiWOOFPhase((1, 1), bins=1, levels=(2,)).get_feature_names_out().tolist()
    assert names == ["flow_block0,0_0", "phase2_block0,0_0"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"levels": []}, "levels must be"),
        ({"levels": [1, 1]}, "levels must be"),
        ({"levels": [6]}, "Found level 6"),
        ({"smoothing": -1}, "smoothing"),
        ({"weight": "max"}, "weight must be"),
        ({"align": True}, "FindLandmarks"),
    ],
)
def test_refusals(params, message):
    clip = make_clips(1, landmarks=False)[0]
    with pytest.raises(BadInput, match=message):
        BiWOOFPhase(**{"flow": "farneback", **params}).transform([clip])
    with pytest.raises(BadInput, match="grey frames of one size"):
        phase_shift(np.zeros((8, 8)), np.zeros((8, 9)))
