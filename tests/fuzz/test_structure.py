"""Data that is whole but odd: too few frames, persons, classes or samples, odd names."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from mebench import LBPTOP, MDMO
from mebench.clip import Clip
from mebench.datasets import Samples
from mebench.errors import BadInput, MebenchError
from mebench.evaluation import evaluate, evaluate_features
from mebench.features import FFT3D, HOOF, BiWOOF, FindApex
from mebench.methods.classifiers import get_classifier
from mebench.preprocessing import TIM, UniformSampling
from mebench.results import load_run, markdown, save_run
from mebench.svm import PolySVC

SHAPE = (40, 40)


def table(subjects, labels):
    n = len(labels)
    return pd.DataFrame({
        "clip_id": [f"c{i}" for i in range(n)], "dataset": "toy", "subject": list(subjects),
        "label": list(labels),
    })  # fmt: skip


def judged(X, rows, **settings):
    return evaluate_features(PolySVC(), X, rows, tuning="nested", grid="linear", **settings)


def video(frames, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (frames, *SHAPE), dtype=np.uint8)


@pytest.mark.parametrize(
    "extractor", [LBPTOP((2, 2)), HOOF((2, 2)), MDMO(align=False), BiWOOF((2, 2)), FFT3D()],
    ids=lambda e: type(e).__name__,
)  # fmt: skip
@pytest.mark.parametrize("frames", [0, 1])
def test_clips_of_no_or_one_frame(extractor, frames):
    """None is an error; one is an error that names the clip, or stands still."""
    steps = [FindApex(), extractor] if isinstance(extractor, BiWOOF) else [extractor]
    try:
        found = make_pipeline(*steps).fit_transform([Clip("short", video(frames))])
    except BadInput as error:
        assert "short" in str(error)
        return
    assert frames == 1 and np.isfinite(found).all()


@pytest.mark.parametrize("step", [TIM(10), UniformSampling(8)], ids=lambda s: type(s).__name__)
def test_one_frame_is_repeated_and_none_is_an_error(step):
    made = step.fit_transform([Clip("one", video(1))])[0]
    assert (made.frames == made.frames[0]).all() and len(made) == step.n_frames
    with pytest.raises(BadInput, match="frame"):
        [c.frames for c in step.fit_transform([Clip("none", video(0))])]


def test_one_subject():
    rows = table("1111", "abab")
    with pytest.raises(BadInput, match=r"one subject|one person|subject"):
        judged(np.eye(4), rows)


def test_two_subjects_leave_nothing_to_tune_on():
    with pytest.raises(BadInput, match="holds one group only"):
        judged(np.eye(4), table("1122", "abab"))


def test_one_class():
    with pytest.raises(BadInput, match="same class"):
        judged(np.eye(4), table("1122", "aaaa"))


def test_a_class_with_one_sample():
    rng = np.random.default_rng(0)
    found = judged(rng.normal(size=(13, 4)), table("1112223334445", "ababababababc"))
    # The only sample of c is tested by models that never saw its class.
    assert found.table.set_index("clip_id").loc["c12", "y_pred"] in "ab"
    assert found.per_class().loc["c", "recall"] == 0


def test_subjects_without_some_classes():
    rng = np.random.default_rng(0)
    found = judged(rng.normal(size=(8, 3)), table("11223344", "aabbabab"))
    assert len(found.table) == 8 and set(found.table["y_pred"]) <= set("ab")


@pytest.mark.parametrize("name", ["poly-svm", "linear-svm", "knn", "logistic", "majority"])
def test_many_features_for_three_samples(name):
    recipe = get_classifier(name)
    X = np.random.default_rng(0).normal(size=(3, 10_000))
    grid = "linear" if recipe.grid else None
    found = evaluate_features(recipe.build(), X, table("123", "aba"), tuning="fixed")
    if name == "logistic":  # it cannot be trained on one class: those folds are missing, and said
        assert not found.complete and len(found.table) == 2
        with pytest.raises(BadInput, match="no score"):
            found.scores()
    else:
        assert found.complete and len(found.table) == 3
    if grid:
        # Each training fold has two subjects; leaving one out leaves one class: still a result.
        assert len(judged(X, table("123", "aba")).table) == 3


def test_ids_that_stand_twice():
    rows = table("112233", "ababab")
    rows["clip_id"] = list("xyxzuv")
    with pytest.raises(BadInput, match=r"'x'.*twice"):
        judged(np.eye(6), rows)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_features_that_are_no_numbers(bad):
    X = np.eye(6)
    X[2, 1] = bad
    with pytest.raises(BadInput, match=r"'c2'.*finite"):
        judged(X, table("112233", "ababab"))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.int32, bool])
def test_types_of_pixels(dtype):
    frames = (video(5) > 128).astype(dtype) if dtype is bool else video(5).astype(dtype)
    try:
        found = LBPTOP((2, 2)).fit_transform([frames])
    except MebenchError:
        return
    assert np.isfinite(found).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("extractor", [LBPTOP((2, 2)), HOOF((2, 2)), FFT3D()],
                         ids=lambda e: type(e).__name__)  # fmt: skip
def test_pixels_that_are_no_numbers(extractor, bad):
    frames = video(8).astype(np.float32)
    frames[3, 20, 20] = bad
    try:
        found = extractor.fit_transform([Clip("strange", frames)])
    except MebenchError as error:
        assert "strange" in str(error)
        return
    assert np.isfinite(found).all()


NAMES = st.text(min_size=1, max_size=30).filter(str.strip)


@settings(max_examples=60, deadline=None, derandomize=True, database=None,
          phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
@given(st.lists(NAMES, min_size=6, max_size=6, unique=True), NAMES, NAMES, NAMES)
def test_any_text_is_a_name(tmp_path, ids, subject, label, dataset):
    """Ids, subjects, classes and databases of any text, through evaluation, disk and back."""
    rows = table("112233", "ababab")
    rows["clip_id"] = ids
    rows["subject"] = [subject if s == "1" else f"{subject} {s}" for s in rows["subject"]]
    rows["label"] = [label if v == "a" else f"not {label}" for v in rows["label"]]
    rows["dataset"] = dataset
    X = np.random.default_rng(0).normal(size=(6, 3))
    try:
        found = evaluate_features(KNeighborsClassifier(1), X, rows)
        folder = save_run(found, tmp_path / "runs")
        again = load_run(folder)
    except MebenchError as error:
        assert str(error).strip()
        return
    assert folder.parent == tmp_path / "runs"
    assert again.scores() == found.scores()
    assert list(again.table["clip_id"]) == ids
    assert list(again.table["y_true"]) == list(rows["label"])
    assert markdown(again)


def test_names_with_spaces_and_letters_of_any_alphabet_through_clips():
    clips = [Clip(f"größe {i} 日本", video(8, i)) for i in range(6)]
    rows = table("112233", "ababab")
    rows["clip_id"] = [c.id for c in clips]
    rows["subject"] = [f"Ünal {s}" for s in rows["subject"]]
    for column in ("objective_class", "au", "apex_source"):
        rows[column] = None
    samples = Samples(clips, rows, ("a", "b"), [], "own")
    found = evaluate(make_pipeline(LBPTOP((2, 2)), PolySVC()), samples, grid="linear", cache=False)
    assert list(found.table["clip_id"]) == [c.id for c in clips]
