import naive_features as naive
import numpy as np
import pytest

from mebench import Clip
from mebench.errors import BadInput
from mebench.features import HOOF, FindApex, hoof
from mebench.features.regions import region_spans
from mebench.flow import clip_flow
from mebench.preprocessing import AlignFace
from mebench.testing import make_clips


@pytest.fixture(scope="module")
def clip():
    return make_clips(1, seed=5)[0]


@pytest.mark.parametrize("pairs", ["first", "consecutive"])
@pytest.mark.parametrize("fold", [False, True])
def test_from_flows_by_hand(clip, pairs, fold):
    fields = clip_flow(clip.frames, reference=0 if pairs == "first" else "previous")
    spans = region_spans((3, 2), (100, 100), None)
    votes = np.stack([naive.direction_histograms(f, spans, 6, 8, fold) for f in fields])
    shares = votes / np.maximum(votes.sum(-1, keepdims=True), 1e-12)  # zero where nothing moved
    options = {"regions": (3, 2), "pairs": pairs, "fold": fold}
    same = {"rtol": 1e-5, "atol": 1e-7}
    np.testing.assert_allclose(hoof(clip.frames, **options), shares.mean(0).ravel(), **same)
    total = votes.sum(0)
    np.testing.assert_allclose(
        hoof(clip.frames, pooling="sum", **options),
        (total / total.sum(-1, keepdims=True)).ravel(),
        **same,
    )
    np.testing.assert_allclose(hoof(clip.frames, times=8, **options), shares.ravel(), **same)
    np.testing.assert_allclose(
        hoof(clip.frames, times=2, **options),
        np.concatenate([shares[:4].mean(0).ravel(), shares[4:].mean(0).ravel()]),
        **same,
    )


def test_histograms_sum_to_one(clip):
    # The last frame is the first again: a pair without motion adds nothing to the mean.
    found = HOOF().transform([clip])[0].reshape(64, 8)
    assert (found.sum(1) <= 1 + 1e-12).all() and found.sum(1).min() == pytest.approx(7 / 8)
    found = hoof(clip.frames[:-1]).reshape(64, 8)
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-12)


def test_no_motion_is_zero():
    assert not hoof(np.full((4, 40, 40), 90, np.uint8)).any()


def test_nor_does_alignment_make_motion_out_of_rounding(clip):
    still = np.full((3, 100, 100), 90, np.uint8)
    assert not hoof(still, clip.landmarks, align=True).any()


def steady(a, b, factor=1.0):
    """A flow that depends on grey levels alone, so that it moves and turns with them."""
    gy, gx = np.gradient(a.astype(float))
    # Not on the edge of a bin, where rounding decides.
    return factor * np.stack([gx + 0.01, gy + 0.013], -1) * (b.astype(float) - a)[..., None]


@pytest.mark.parametrize("regions", ["kato", "mdmo", "au4+au12"])
def test_face_and_landmarks_may_move_together(clip, regions):
    moved = np.roll(np.pad(clip.frames, ((0, 0), (30, 30), (30, 30))), (4, -3), axis=(1, 2))
    here = np.pad(clip.frames, ((0, 0), (30, 30), (30, 30)))
    points = clip.landmarks + 30
    np.testing.assert_allclose(
        hoof(here, points, regions=regions, flow=steady),
        hoof(moved, points + np.array([-3, 4]), regions=regions, flow=steady),
        rtol=1e-12,
    )


def test_so_may_the_face_in_the_picture(clip):
    """Registered crops of a face that sits elsewhere are the same crops."""
    wide = np.pad(clip.frames, ((0, 0), (40, 40), (40, 40)), mode="edge")
    align = AlignFace(size=(80, 70))
    rows = [
        HOOF().fit_transform(
            align.transform(
                [
                    clip.replace(
                        source=np.roll(wide, (y, x), axis=(1, 2)),
                        landmarks=clip.landmarks + 40 + [x, y],
                    )
                ]
            )
        )
        for x, y in ((0, 0), (9, -6))
    ]
    np.testing.assert_allclose(rows[0], rows[1], rtol=0, atol=1e-9)


def test_the_scale_of_motion_does_not_matter(clip):
    np.testing.assert_allclose(
        hoof(clip.frames, flow=steady),
        hoof(clip.frames, flow=steady, flow_params={"factor": 7.5}),
        rtol=1e-5,
        atol=1e-9,
    )


def test_a_mirrored_face_is_the_same_when_folded(clip):
    def either_way(a, b):
        # The same numbers for an image and its mirror image.
        gy, gx = np.gradient(a.astype(float))
        return np.stack([gx, gy + 0.01], -1) * (b.astype(float) - a)[..., None]

    # With fractions, so that no direction lies on the edge of a bin.
    video = clip.frames + np.random.default_rng(0).random(clip.frames.shape)
    mirrored = video[:, :, ::-1]
    options = {"regions": (1, 1), "flow": either_way}
    np.testing.assert_allclose(
        hoof(video, fold=True, **options), hoof(mirrored, fold=True, **options), rtol=1e-9
    )
    plain, turned = hoof(video, **options), hoof(mirrored, **options)
    np.testing.assert_allclose(plain, turned[[3, 2, 1, 0, 7, 6, 5, 4]], rtol=1e-6)
    assert np.abs(plain - turned).max() > 1e-3


def test_alignment_takes_a_drift_out(texture):
    points = make_clips(1)[0].landmarks * 0.8
    y, x = np.mgrid[:80, :90]
    drift = np.stack([np.stack([0 * x + 2.0 * t, 0 * y - 1.0 * t], -1) for t in range(4)])

    def given(a, b):
        return drift[int(b[0, 0])]

    video = np.tile(texture, (4, 1, 1)).astype(np.float32)
    video[:, 0, 0] = np.arange(4)
    options = {"regions": (1, 1), "flow": given, "pooling": "sum"}
    assert hoof(video, points, **options).argmax() == 7
    assert not hoof(video, points, align=True, **options).any()
    still = {"regions": (1, 1), "pooling": "sum", "align": True}

    def smiling(a, b):
        field = drift[int(b[0, 0])].copy()
        field[60:75, 30:55] += (0.9, 0.3)  # besides the drift, a patch away from the 13 points
        return field

    assert hoof(video, points, flow=smiling, **still)[0] > 0.95


def test_onset_and_apex(clip):
    found = HOOF(pairs="onset-apex").transform([clip.replace(onset=1, apex=6)])[0]
    np.testing.assert_array_equal(found, hoof(clip.frames[[1, 6]]))
    assert np.abs(found - HOOF().transform([clip])[0]).max() > 0.01
    without = clip.replace(apex=None)
    with pytest.raises(BadInput, match=r"'clip0' has no apex.*FindApex"):
        HOOF(pairs="onset-apex").transform([without])
    assert HOOF(pairs="onset-apex").transform(FindApex().transform([without])).shape == (1, 512)


def test_names_follow_the_order():
    names = HOOF(regions=(1, 2), bins=2, times=2).get_feature_names_out().tolist()
    assert names[:4] == ["t0_block0,0_0", "t0_block0,0_1", "t0_block0,1_0", "t0_block0,1_1"]
    assert names[4] == "t1_block0,0_0" and len(names) == 8


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"pairs": "all"}, "pairs must be"),
        ({"pooling": "max"}, "pooling must be"),
        ({"bins": 0}, "bins must be"),
        ({"times": 9}, "into 9 blocks"),
        ({"regions": (200, 2)}, "into 200 blocks"),
        ({"flow": "guess"}, "guess"),
        ({"align": True}, "FindLandmarks"),
        ({"regions": "kato"}, "FindLandmarks"),
    ],
)
def test_refusals(clip, params, message):
    clip = clip.replace(landmarks=None)
    with pytest.raises(BadInput, match=message):
        hoof(clip.frames, **params)
    with pytest.raises(BadInput, match=message):
        HOOF(**params).transform([clip])


def test_too_short():
    with pytest.raises(BadInput, match=r"Clip 'x'.*at least two"):
        HOOF().transform([Clip("x", np.zeros((1, 40, 40)))])
