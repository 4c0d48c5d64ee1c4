import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from mebench import Clip
from mebench.errors import BadInput
from mebench.features import FrameMDMO, GraphSparseMDMO, frame_mdmo, mdmo
from mebench.features._mdmo import main_directions, weigh
from mebench.features.sparse_coding import graph_codes, knn_graph, objective, sparse_codes
from mebench.methods import get_method
from mebench.methods.parts import split_pipeline
from mebench.preprocessing import tim
from mebench.testing import make_clips


@pytest.fixture(scope="module")
def clip():
    return make_clips(1, seed=2, n_frames=8)[0]


@pytest.fixture(scope="module")
def rows():
    """Frames near one of four directions, in 12 clips of 5 frames of 6 numbers."""
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 1, (4, 6))
    kind = np.repeat(np.arange(4), 3)
    X = centres[kind][:, None] * rng.uniform(0.2, 1, (12, 5, 1)) + rng.normal(0, 0.03, (12, 5, 6))
    return X.reshape(12, 30), kind


def test_frames_of_a_clip_of_that_length(clip):
    found = frame_mdmo(clip.frames, clip.landmarks, n_frames=8)
    vectors = main_directions(clip.frames, clip.landmarks)
    assert found.shape == (7, 72)
    length = np.hypot(*np.moveaxis(vectors, -1, 0))
    np.testing.assert_allclose(found[:, :36], 0.9 * length / length.max(), rtol=1e-12)
    angle = np.arctan2(vectors[..., 1], vectors[..., 0])
    np.testing.assert_allclose(found[:, 36:], 0.1 * angle, rtol=1e-9, atol=1e-12)


def test_two_frames_are_mdmo(clip):
    pair = clip.frames[[0, 4]]
    np.testing.assert_allclose(
        frame_mdmo(pair, clip.landmarks, n_frames=2)[0], mdmo(pair, clip.landmarks), rtol=1e-12
    )


def test_other_lengths_are_interpolated(clip):
    found = FrameMDMO(n_frames=5).transform([clip])[0]
    vectors = main_directions(tim(clip.frames, 5), clip.landmarks)
    np.testing.assert_allclose(
        found.reshape(4, 72).sum(0)[:36],
        weigh(vectors.reshape(1, -1, 2))[:, : 4 * 36].reshape(4, 36).sum(0),
        rtol=1e-9,
    )


def test_names_follow_the_order(clip):
    names = FrameMDMO(n_frames=3, regions=(1, 2)).get_feature_names_out().tolist()
    assert names == [
        f"frame{t}_block0,{b}_{part}" for t in (1, 2) for part in ("rho", "theta") for b in (0, 1)
    ]


def test_still_clips_are_zero(clip):
    assert not FrameMDMO().transform([clip.replace(source=np.full((9, 100, 100), 9.0))]).any()


@pytest.mark.parametrize(
    ("params", "video", "message"),
    [
        ({"n_frames": 1}, (5, 40, 40), "n_frames must be at least 2"),
        ({}, (1, 40, 40), "at least two"),
        ({}, (5, 40, 40), "FindLandmarks"),
        ({"align": False}, (5, 40, 40), "FindLandmarks"),
    ],
)
def test_frames_refused(params, video, message):
    with pytest.raises(BadInput, match=rf"Clip 'x'.*{message}"):
        FrameMDMO(**params).transform([Clip("x", np.zeros(video))])


def test_codes_are_the_pooled_codes_of_frames(rows):
    X, _ = rows
    coder = GraphSparseMDMO(n_atoms=8, frame_size=6).fit(X)
    codes = sparse_codes(X.reshape(60, 6).T, coder.dictionary_, 0.1)
    np.testing.assert_allclose(
        coder.transform(X), np.abs(codes).T.reshape(12, 5, 8).mean(1), rtol=1e-9
    )
    coder.set_params(pooling="max")
    np.testing.assert_allclose(
        coder.transform(X), np.abs(codes).T.reshape(12, 5, 8).max(1), rtol=1e-9
    )


def test_the_dictionary_explains_what_it_was_learned_from(rows):
    X, _ = rows
    frames = X.reshape(60, 6).T
    coder = GraphSparseMDMO(n_atoms=8, frame_size=6, beta=0.05).fit(X)
    assert np.linalg.norm(coder.dictionary_, axis=0).max() <= 1 + 1e-9
    learned = objective(
        frames, coder.dictionary_, sparse_codes(frames, coder.dictionary_, 0.05), beta=0.05
    )
    other = np.random.default_rng(1).normal(0, 1, (6, 8))
    other /= np.linalg.norm(other, axis=0)
    assert learned < 0.7 * objective(frames, other, sparse_codes(frames, other, 0.05), beta=0.05)


def test_the_dictionary_does_not_depend_on_the_coding(rows):
    X, _ = rows
    alone, drawn = (
        GraphSparseMDMO(n_atoms=8, frame_size=6, coding=coding).fit(X)
        for coding in ("lasso", "neighbours")
    )
    np.testing.assert_array_equal(alone.dictionary_, drawn.dictionary_)
    assert not hasattr(alone, "codes_")
    graph = knn_graph(drawn.frames_, 5)
    best = graph_codes(drawn.frames_, drawn.dictionary_, graph, 0.1, 0.1, tol=1e-5)
    values = [
        objective(drawn.frames_, drawn.dictionary_, codes, graph, 0.1, 0.1)
        for codes in (drawn.codes_, best)
    ]
    assert values[0] == pytest.approx(values[1], rel=1e-4)


@pytest.mark.parametrize("coding", ["lasso", "neighbours"])
def test_a_clip_is_coded_by_itself(rows, coding):
    X, _ = rows
    coder = GraphSparseMDMO(n_atoms=8, frame_size=6, coding=coding).fit(X[:8])
    together = coder.transform(X)
    for i in (0, 9, 11):
        np.testing.assert_allclose(coder.transform(X[i : i + 1])[0], together[i], atol=1e-6)


@pytest.mark.parametrize("coding", ["lasso", "neighbours"])
def test_codes_tell_clips_of_a_kind_apart(rows, coding):
    X, kind = rows
    train, test = np.arange(12) % 3 < 2, np.arange(12) % 3 == 2
    coder = GraphSparseMDMO(n_atoms=8, frame_size=6, coding=coding).fit(X[train])
    A, B = coder.transform(X[train]), coder.transform(X[test])
    nearest = ((B[:, None] - A[None]) ** 2).sum(-1).argmin(1)
    assert (kind[train][nearest] == kind[test]).all()


@pytest.mark.parametrize("coding", ["lasso", "neighbours"])
def test_the_order_of_the_clips_changes_no_bit(rows, coding):
    X = rows[0]
    order = np.random.default_rng(0).permutation(len(X))
    one, other = (
        GraphSparseMDMO(n_atoms=6, coding=coding, frame_size=6).fit(part) for part in (X, X[order])
    )
    np.testing.assert_array_equal(one.dictionary_, other.dictionary_)
    np.testing.assert_allclose(one.transform(X), other.transform(X), rtol=0, atol=0)


def test_seeds(rows):
    X, _ = rows
    coder = GraphSparseMDMO(n_atoms=8, frame_size=6, n_iter=1)
    first = clone(coder).fit(X).dictionary_
    np.testing.assert_array_equal(clone(coder).set_params(random_state=0).fit(X).dictionary_, first)
    assert (clone(coder).set_params(random_state=1).fit(X).dictionary_ != first).any()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"coding": "transductive"}, "coding must be"),
        ({"pooling": "sum"}, "pooling must be"),
        ({"frame_size": 7}, "no whole number of frames of 7"),
        ({"n_neighbours": 60}, "Found 60 frames"),
        ({"n_atoms": 0}, "n_atoms=0"),
        ({"beta": -1.0}, "beta=-1"),
    ],
)
def test_coder_refuses(rows, params, message):
    with pytest.raises(BadInput, match=message):
        GraphSparseMDMO(**{"frame_size": 6, **params}).fit(rows[0])


def test_it_learns_inside_the_fold():
    steps, tail = split_pipeline(get_method("sparse-mdmo").build())
    assert isinstance(steps[-1], FrameMDMO)
    assert isinstance(tail.steps[0][1], GraphSparseMDMO)
    assert get_method("sparse-mdmo").n_features() == 64


def test_in_a_pipeline():
    clips = make_clips(4, ragged=True)
    pipeline = make_pipeline(FrameMDMO(n_frames=5), GraphSparseMDMO(n_atoms=6))
    frame = pipeline.set_output(transform="pandas").fit_transform(clips)
    assert frame.shape == (4, 6)
    assert frame.columns[0] == "graphsparsemdmo0"
