import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer, StandardScaler
from sklearn.svm import SVC

from mebench import LBPTOP, Clip
from mebench.base import ClipStep, Extractor
from mebench.errors import BadInput, FaceNotFound
from mebench.features import FindApex
from mebench.methods.extract import extract
from mebench.methods.parts import split_pipeline
from mebench.preprocessing import TIM
from mebench.storage import ArrayCache
from mebench.testing import make_clips

CLIPS = [
    Clip(f"clip {i}", frames)
    for i, frames in enumerate(
        np.random.default_rng(0).integers(0, 256, (4, 8, 16, 16), dtype=np.uint8)
    )
]


class Counting(Extractor):
    """Counts its calls, so that the tests see what came from the cache."""

    calls = 0

    def __init__(self, power=1):
        self.power = power

    def _row(self, clip):
        type(self).calls += 1
        return np.array([clip.frames.mean() ** self.power])

    def _names(self):
        return ["mean"]


class Faceless(ClipStep):
    def _clip(self, clip):
        if clip.id == "clip 2":
            raise FaceNotFound(f"Clip {clip.id!r}: no face")
        return clip


class Midpoint(ClipStep):
    """Measures an apex."""

    calls = 0

    def measure(self, clip):
        type(self).calls += 1
        return np.array(len(clip) // 2)

    def attach(self, clip, measured):
        return clip.replace(apex=int(measured))

    def _clip(self, clip):
        return self.attach(clip, self.measure(clip))


def calls(kind, *args, **kwargs):
    kind.calls = 0
    found = extract(*args, **kwargs)
    return found, kind.calls


def test_split_ends_at_the_first_step_that_learns():
    pipeline = make_pipeline(TIM(), LBPTOP(), Normalizer(), StandardScaler(), PCA(2), SVC())
    fixed, tail = split_pipeline(pipeline)
    assert [type(s) for s in fixed] == [TIM, LBPTOP, Normalizer]
    assert [name for name, _ in tail.steps] == ["standardscaler", "pca", "svc"]


def test_split_leaves_tuned_steps_to_the_folds():
    fixed, tail = split_pipeline(make_pipeline(TIM(), LBPTOP(), SVC()), ["lbptop__points"])
    assert [type(s) for s in fixed] == [TIM] and [n for n, _ in tail.steps] == ["lbptop", "svc"]


def test_split_does_not_trust_functions_of_the_whole_batch():
    fixed, _ = split_pipeline(make_pipeline(LBPTOP(), FunctionTransformer(), SVC()))
    assert [type(s) for s in fixed] == [LBPTOP]


def test_equals_the_pipeline(tmp_path):
    steps = [TIM(7), LBPTOP(regions=(1, 1))]
    expected = make_pipeline(*steps).fit_transform(CLIPS)
    for cache in (None, ArrayCache(tmp_path)):
        for n_jobs in (1, 2):
            found = extract(steps, CLIPS, cache=cache, n_jobs=n_jobs)
            np.testing.assert_array_equal(found.matrix(), expected)


def test_second_time_comes_from_the_cache(tmp_path):
    cache = ArrayCache(tmp_path)
    first, n = calls(Counting, [Counting()], CLIPS, cache=cache)
    assert n == 4 and first.from_cache == 0
    second, n = calls(Counting, [Counting()], CLIPS, cache=cache)
    assert n == 0 and second.from_cache == 4
    np.testing.assert_array_equal(first.matrix(), second.matrix())


def test_cache_knows_parameters_versions_content_and_earlier_steps(tmp_path):
    cache = ArrayCache(tmp_path)
    calls(Counting, [Counting()], CLIPS, cache=cache)

    class Newer(Counting):
        version = 2

    assert calls(Counting, [Counting(power=2)], CLIPS, cache=cache)[1] == 4
    assert calls(Newer, [Newer()], CLIPS, cache=cache)[1] == 4
    assert calls(Counting, [TIM(3), Counting()], CLIPS, cache=cache)[1] == 4
    other = [clip.replace(source=clip.frames + 1) for clip in CLIPS]
    assert calls(Counting, [Counting()], other, cache=cache)[1] == 4
    renamed = [clip.replace(id="x" + clip.id) for clip in CLIPS]
    assert calls(Counting, [Counting()], renamed, cache=cache)[1] == 0


def test_steps_that_cannot_be_named_are_not_cached(tmp_path):
    cache = ArrayCache(tmp_path)
    for _ in range(2):
        _, n = calls(Counting, [Counting(power=np.float64(1))], CLIPS[:1], cache=cache)
    assert n == 0  # a float of numpy's is a float
    for _ in range(2):
        _, n = calls(Counting, [Counting(power=np.array(1))], CLIPS[:1], cache=cache)
    assert n == 1


def test_measurements_are_shared_between_methods(tmp_path):
    cache = ArrayCache(tmp_path)
    assert calls(Midpoint, [Midpoint(), Counting()], CLIPS, cache=cache)[1] == 4
    found, n = calls(Midpoint, [Midpoint(), Counting(power=3)], CLIPS, cache=cache)
    assert n == 0 and found.from_cache == 0


class Searching(Midpoint):
    """Finds a face in no clip with dark frames."""

    def measure(self, clip):
        type(self).calls += 1
        if not clip.frames.any():
            raise self.not_found(clip, "No face here.")
        return np.array(1)

    def not_found(self, clip, why):
        return FaceNotFound(f"Clip {clip.id!r}: {why}", why)


def test_that_there_is_no_face_is_found_out_once(tmp_path):
    cache = ArrayCache(tmp_path)
    dark = [clip.replace(source=np.zeros_like(clip.frames)) for clip in CLIPS[:2]]
    clips = [dark[0], *CLIPS[2:], dark[1].replace(id="x")]
    first, n = calls(Searching, [Searching(), Counting()], clips, cache=cache, on_error="skip")
    assert n == 3  # the dark ones are the same
    again, n = calls(Searching, [Searching(), LBPTOP()], clips, cache=cache, on_error="skip")
    assert n == 0 and again.failed == first.failed
    assert list(first.failed.values()) == [
        "Clip 'clip 0': No face here.",
        "Clip 'x': No face here.",
    ]
    with pytest.raises(FaceNotFound, match="Clip 'y': No face here"):
        calls(Searching, [Searching()], [dark[0].replace(id="y")], cache=cache)

    class Newer(Searching):
        version = 2

    assert calls(Newer, [Newer()], clips[:1], cache=cache, on_error="skip")[1] == 1


def test_what_is_said_of_one_clip_only_is_not_kept(tmp_path):
    cache = ArrayCache(tmp_path)

    class Odd(Midpoint):
        def measure(self, clip):
            type(self).calls += 1
            raise FaceNotFound("not this one")

    for _ in range(2):
        assert calls(Odd, [Odd()], CLIPS[:1], cache=cache, on_error="skip")[1] == 1


def test_clips_without_a_face():
    with pytest.raises(FaceNotFound, match="clip 2"):
        extract([Faceless(), Counting()], CLIPS)
    found = extract([Faceless(), Counting()], CLIPS, on_error="skip")
    assert found.kept.tolist() == [0, 1, 3] and list(found.failed) == ["clip 2"]
    assert len(found.matrix()) == 3
    with pytest.raises(BadInput, match="on_error"):
        extract([], CLIPS, on_error="ignore")


def test_progress_is_told():
    seen = []
    extract([Counting()], CLIPS, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_without_an_extractor_clips_come_back():
    found = extract([TIM(3)], CLIPS)
    assert [len(clip) for clip in found.matrix()] == [3] * 4


def test_clips_that_were_only_measured_come_back_as_clips_from_the_cache_too(tmp_path):
    cache = ArrayCache(tmp_path)
    frames = np.random.default_rng(0).integers(0, 256, (9, 30, 30), dtype=np.uint8)
    found = [extract([FindApex()], [Clip("a", frames)], cache=cache).rows[0] for _ in range(2)]
    assert [type(row) for row in found] == [Clip, Clip]
    assert found[0].apex == found[1].apex is not None


def test_the_log_names_the_work_and_says_nothing_of_no_clips(caplog):
    caplog.set_level("INFO", logger="mebench.methods.extract")
    extract([LBPTOP()], make_clips(2), what="strips")
    extract([LBPTOP()], [], what="nothing at all")
    assert [m.split(" in ")[0] for m in caplog.messages] == ["strips: 2 clips"]
