"""What all descriptors of flow have in common: pairs, alignment and names."""

import numpy as np
import pytest

from mebench.errors import BadInput
from mebench.features import FDM, FHOFO, HOOF, MDMO, OSF, OSWLBPTOP, BiWOOF, FindApex
from mebench.features.motion import PAIRS, FlowExtractor, aligned_flows, pair_flows
from mebench.testing import make_clips

FAMILY = [
    HOOF((2, 2)), FHOFO((2, 2)), FDM((2, 2), times=3), OSF((5, 5)), BiWOOF((2, 2)), MDMO(),
    OSWLBPTOP((2, 2)),
]  # fmt: skip


@pytest.fixture(scope="module")
def clip():
    return make_clips(1, seed=5)[0].replace(onset=1, apex=6)


@pytest.mark.parametrize("extractor", FAMILY, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("align", [False, True])
def test_all_measure_between_the_same_pairs(extractor, align, clip):
    rows = {}
    for pairs in PAIRS:
        extractor.set_params(pairs=pairs, align=align)
        (rows[pairs],) = extractor.transform([clip])
        assert rows[pairs].shape == (extractor.n_features,) and rows[pairs].any()
    assert not np.array_equal(rows["first"], rows["consecutive"])
    only = extractor.set_params(pairs="onset-apex")
    if not isinstance(extractor, OSWLBPTOP):  # its texture is of the whole clip
        two = clip.replace(source=clip.frames[[1, 6]], onset=0, apex=1, offset=1)
        np.testing.assert_array_equal(rows["onset-apex"], only.transform([two])[0])
    unmarked = clip.replace(apex=None)
    with pytest.raises(BadInput, match=r"'clip0' has no apex.*FindApex"):
        only.transform([unmarked])
    assert only.transform(FindApex().transform([unmarked])).shape == (1, only.n_features)


@pytest.mark.parametrize("extractor", FAMILY[:5], ids=lambda e: type(e).__name__)
def test_only_the_two_frames_are_read(extractor, clip, monkeypatch):
    read = []
    original = type(clip).read
    monkeypatch.setattr(type(clip), "read", lambda c, i=None: read.append(i) or original(c, i))
    extractor.set_params(pairs="onset-apex", align=False).transform([clip])
    assert read == [[1, 6]]


@pytest.mark.parametrize("extractor", FAMILY[:6], ids=lambda e: type(e).__name__)
def test_refusals(extractor, clip):
    assert isinstance(extractor, FlowExtractor)
    with pytest.raises(BadInput, match="pairs must be one of first, consecutive, onset-apex"):
        extractor.set_params(pairs="all").transform([clip])
    extractor.set_params(pairs="first", align=True)
    with pytest.raises(BadInput, match="FindLandmarks"):
        extractor.transform([clip.replace(landmarks=None)])


def test_names_are_part_region_component():
    for extractor in (HOOF((1, 2), bins=2), FHOFO((1, 2), bins=2), BiWOOF((1, 2), bins=2)):
        assert extractor.get_feature_names_out().tolist() == [
            "t0_block0,0_0", "t0_block0,0_1", "t0_block0,1_0", "t0_block0,1_1",
        ]  # fmt: skip
    assert FDM((1, 1), times=2).get_feature_names_out()[-1] == "t1_block0,0_v"
    # Onset and apex are one pair, which cannot be cut into parts.
    assert FDM((1, 1), times=4, pairs="onset-apex").n_features == 2


def test_a_pair_by_numbers(clip):
    fields, affines = pair_flows(clip.frames, clip.landmarks, pairs=(1, 6), align=True)
    expected, _ = pair_flows(clip.frames[[1, 6]], None)
    np.testing.assert_array_equal(fields, expected)
    assert affines[0].shape == (2, 3)
    back, _ = pair_flows(clip.frames, None, pairs=(6, 1))
    assert not np.array_equal(back, fields)
    for wrong in ((1,), (0, 9), (-1, 2), "all"):
        with pytest.raises(BadInput, match="pairs must be"):
            pair_flows(clip.frames, None, pairs=wrong)


def test_alignment_leaves_nothing_of_a_still_face(clip):
    still = np.repeat(clip.frames[:1], 3, axis=0)
    assert not aligned_flows(still, clip.landmarks, align=True).any()


def test_bi_woof_over_all_pairs_is_the_mean_of_theirs(clip):
    """Each pair's histograms times its strain, averaged; then the norm."""
    from mebench.features._bi_woof import strain_weights, weighted_histograms
    from mebench.features.regions import grid_spans

    fields, _ = pair_flows(clip.frames[:4], None, flow="tvl1")
    spans = grid_spans(clip.frames.shape[1:], (3, 2))
    rows = [
        weighted_histograms(f, spans, strain_weights(f, spans, (3, 2), "sum"), 8) for f in fields
    ]
    expected = np.mean(rows, axis=0) / np.linalg.norm(np.mean(rows, axis=0))
    short = clip.replace(source=clip.frames[:4], apex=2, offset=3)
    found = BiWOOF((3, 2), pairs="first").transform([short])
    np.testing.assert_allclose(found[0], expected, rtol=1e-12)
