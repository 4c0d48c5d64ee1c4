import naive_flow_family as naive
import numpy as np
import pytest
from numpy.testing import assert_allclose

from mebench.errors import BadInput
from mebench.features import FHOFO, fhofo, hoof
from mebench.features.directions import direction_histograms
from mebench.features.regions import grid_spans, region_spans
from mebench.flow import clip_flow
from mebench.testing import check_extractor, make_clips


@pytest.fixture(scope="module")
def clip():
    return make_clips(1, seed=5, size=(60, 64))[0]


@pytest.mark.parametrize("membership", ["crisp", "linear", "gaussian"])
@pytest.mark.parametrize("fold", [False, True, "opposite"])
@pytest.mark.parametrize("bins", [1, 2, 3, 8])
def test_votes_like_the_slow_twin(membership, fold, bins):
    flow = np.random.default_rng(bins).normal(0, 2, (30, 30, 2)).astype(np.float32)
    flow[:5] = 0
    spans = grid_spans((30, 30), (2, 2))
    for vote in ("magnitude", "one"):
        options = {"bins": bins, "fold": fold, "vote": vote, "membership": membership}
        found = direction_histograms(flow, spans, 4, **options, width=0.7)
        twin = naive.direction_histograms(flow, spans, 4, **options, width=0.7)
        assert_allclose(found, twin, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("fold", [False, True, "opposite"])
@pytest.mark.parametrize("membership", ["crisp", "linear", "gaussian"])
@pytest.mark.parametrize("u", [1.0, -1.0, 0.0])
@pytest.mark.parametrize("v", [0.0, -0.0, 1e-100, -1e-100, 1.0, -1.0])
def test_no_vote_is_lost_at_the_edges_of_bins(u, v, membership, fold):
    spans = np.array([[0, 0, 0, 1]], np.int32)
    found = direction_histograms(
        np.array([[[u, v]]]), spans, 1, fold=fold, membership=membership, vote="one"
    )
    assert_allclose(found.sum(), 1 if np.hypot(u, v) > 1e-6 else 0, rtol=1e-12)


@pytest.mark.parametrize("membership", ["crisp", "linear", "gaussian"])
@pytest.mark.parametrize("way", [(2.0, 1.0), (-1.0, 0.0), (0.0, -1.0), (1.0, -1e-9)])
def test_opposite_directions_are_one(way, membership):
    spans = np.array([[0, 0, 0, 1]], np.int32)
    both = [
        direction_histograms(np.array([[w]]), spans, 1, fold="opposite", membership=membership)
        for w in (np.array(way), -np.array(way))
    ]
    assert_allclose(*both, atol=1e-7)


@pytest.mark.parametrize("membership", ["linear", "gaussian"])
def test_from_flows_by_hand(clip, membership):
    spans = region_spans((3, 2), (60, 64), None)
    twin = naive.fuzzy_flow(clip_flow(clip.frames), spans, 6, 8, membership, 1.3)
    found = fhofo(clip.frames, regions=(3, 2), membership=membership, width=1.3)
    assert_allclose(found, twin, rtol=1e-5, atol=1e-7)


def scaled(a, b, factor=1.0):
    gy, gx = np.gradient(a.astype(float))
    return factor * np.stack([gx + 0.01, gy + 0.013], -1) * (b.astype(float) - a)[..., None]


def test_magnitude_does_not_enter_at_all(clip):
    def normalised(a, b):
        field = scaled(a, b)
        return field / np.maximum(np.hypot(field[..., :1], field[..., 1:]), 1e-3)

    plain = fhofo(clip.frames, flow=scaled)
    for other in (
        fhofo(clip.frames, flow=scaled, flow_params={"factor": 50}),
        fhofo(clip.frames, flow=normalised),
    ):
        assert_allclose(plain, other, atol=1e-6)
    assert np.abs(hoof(clip.frames, flow=scaled) - hoof(clip.frames, flow=normalised)).max() > 0.01


def test_a_small_turn_changes_fuzzy_histograms_little():
    """What fuzziness is for: a direction beside a border falls into one bin or the other."""
    spans = grid_spans((20, 20), (1, 1))
    change = {}
    for membership in ("crisp", "linear", "gaussian"):
        rows = []
        for turn in (-0.02, 0.02):
            field = np.full((20, 20, 2), (np.cos(turn), np.sin(turn)))
            rows.append(direction_histograms(field, spans, 1, vote="one", membership=membership))
        change[membership] = np.abs(rows[0] - rows[1]).sum() / 400
    assert change["crisp"] == 2 and max(change["linear"], change["gaussian"]) < 0.15


def test_a_mirrored_clip_has_mirrored_bins(clip):
    def either_way(a, b):
        gy, gx = np.gradient(a.astype(float))
        return np.stack([gx, gy + 0.01], -1) * (b.astype(float) - a)[..., None]

    video = clip.frames + np.random.default_rng(0).random(clip.frames.shape)
    plain, turned = (fhofo(v, regions=(1, 1), flow=either_way) for v in (video, video[:, :, ::-1]))
    assert_allclose(plain, turned[[3, 2, 1, 0, 7, 6, 5, 4]], rtol=1e-6)


def test_no_motion_is_zero():
    assert not fhofo(np.full((4, 40, 40), 90, np.uint8)).any()


def test_keeps_the_rules():
    check_extractor(FHOFO((4, 4)), landmarks=False, apex=False)
    check_extractor(FHOFO("kato", membership="gaussian", times=2, align=True), landmarks=True)
    assert FHOFO((8, 8), times=2).n_features == 1024


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"membership": "vague"}, "membership must be"),
        ({"width": 0}, "width must be"),
        ({"pairs": "all"}, "pairs must be"),
        ({"bins": 0}, "bins must be"),
        ({"align": True}, "FindLandmarks"),
    ],
)
def test_refusals(clip, params, message):
    with pytest.raises(BadInput, match=message):
        FHOFO(**params).transform([clip.replace(landmarks=None)])


def test_unknown_fold():
    with pytest.raises(BadInput, match="fold must be"):
        direction_histograms(np.zeros((2, 2, 2)), np.zeros((0, 4), np.int32), 1, fold="up")
