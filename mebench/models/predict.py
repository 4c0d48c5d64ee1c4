"""predict: what a model says of clips, and what is odd about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from ..clip import Clip, FrameFiles, VideoFile, grey
from ..datasets.frames import listing_of
from ..errors import MebenchError
from ..parallel import in_order
from ..preprocessing import FindLandmarks
from ..preprocessing.landmarks import all_faces
from ..videos import contents
from .faces import count_faces
from .file import Model

__all__ = ["Prediction", "predict_clips", "score_kind"]


@dataclass(frozen=True)
class Prediction:
    """What a model says of one clip.

    Attributes
    ----------
    clip_id : str
    label : str or None
        None where the clip cannot be used.
    scores : dict
        By class; what they are, :func:`score_kind` says. Higher is likelier.
    warnings : tuple of str
        Why to doubt it.
    problem : str
        Why there is no label.
    """

    clip_id: str
    label: str | None
    scores: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    problem: str = ""


def predict_clips(
    model: Model,
    clips: Sequence[Clip],
    *,
    n_jobs: int | None = 1,
    faces: bool = True,
    detector: str | None = None,
    face: str | int = "largest",
    progress: Callable[[int, int], None] | None = None,
) -> list[Prediction]:
    """Ask a model about clips, one by one; nothing is trained.

    Parameters
    ----------
    model : Model
    clips : sequence of Clip
    n_jobs : int, default 1
        Threads, as joblib counts them.
    faces : bool, default True
        Count the faces in the first frame of each clip, and warn of several.
    detector : str, optional
        What finds the face (:func:`mebench.preprocessing.choose_detector`). Default: what the
        model was trained with.
    face : {'largest', 'leftmost', 'all'} or int, default 'largest'
        Whose, of several; a number counts from the left. 'all' gives a prediction for each face of
        the first frame, of several with ``#1``, ``#2`` … after the name.
    progress : callable, optional
        Called with (done, total).

    Returns
    -------
    list of Prediction
        In the order of the clips. A clip without a face, or one that cannot be read, has no
        label and says why.
    """
    found = []
    jobs = ((model, clip, faces, detector, face) for clip in clips)
    for done, several in enumerate(in_order(_each_face, jobs, n_jobs), start=1):
        found += several
        if progress is not None:
            progress(done, len(clips))
    return found


def score_kind(model: Model) -> str:
    """What the scores are."""
    if hasattr(model.pipeline[-1], "predict_proba"):
        return "probability, as the classifier estimates it"
    return "decision value of the classifier; not a probability"


def _each_face(
    model: Model, clip: Clip, faces: bool, detector: str | None, face: str | int
) -> list[Prediction]:
    """What is said of a clip, once or once for each face."""
    if face != "all":
        return [_one(model, clip, faces, detector, face)]
    try:
        many = len(all_faces(grey(clip.read([0]))[0], detector or "dlib"))
    except MebenchError:
        many = 0
    if many < 2:
        return [_one(model, clip, faces, detector, "largest")]
    one_each = (_one(model, clip, False, detector, k) for k in range(1, many + 1))
    return [replace(one, clip_id=f"{one.clip_id}#{k}") for k, one in enumerate(one_each, start=1)]


def _one(
    model: Model, clip: Clip, faces: bool, detector: str | None, face: str | int
) -> Prediction:
    said = _oddities(model, clip)
    try:
        if faces and (many := count_faces(clip.read([0])[0], detector or "dlib")) > 1:
            taken = f"face {face} from the left" if str(face).isdigit() else f"the {face}"
            said.append(f"several faces ({many}) in the first frame: {taken} was taken")
        if (detector is not None or face != "largest") and clip.landmarks is None:
            clip = _with_landmarks(model, clip, detector, face)
        rows: Any = [clip]
        for _, step in model.pipeline.steps[:-1]:
            rows = step.transform(rows)
        classifier = model.pipeline[-1]
        label = str(classifier.predict(rows)[0])
        scores = _scores(classifier, rows)
    except MebenchError as error:
        # Here the clip is left out anyway.
        why = str(error).replace(
            ", or leave the clip out with on_error='skip' (--on-error skip)", ""
        )
        return Prediction(clip.id, None, {}, tuple(said), why)
    return Prediction(clip.id, label, scores, tuple(said))


def _with_landmarks(model: Model, clip: Clip, detector: str | None, face: str | int) -> Clip:
    """The clip with the landmarks of that face, placed as in training."""
    steps = [s for s in _steps(model.pipeline) if isinstance(s, FindLandmarks)]
    step = clone(steps[0]) if steps else FindLandmarks()
    step.set_params(face=face, detector=detector or step.detector)
    return step.transform([clip])[0]


def _scores(classifier: Any, rows: Any) -> dict[str, float]:
    for name in ("predict_proba", "decision_function"):
        if not hasattr(classifier, name):
            continue
        values = np.asarray(getattr(classifier, name)(rows), float)
        if values.ndim == 1:
            values = np.stack([-values, values], axis=1)
        if values.shape == (1, len(classifier.classes_)):
            pairs = zip(classifier.classes_, values[0], strict=True)
            return {str(c): round(float(v), 6) for c, v in pairs}
    return {}


def _oddities(model: Model, clip: Clip) -> list[str]:
    """In what a clip differs from those that the model was trained on."""
    said = []
    data = model.card["data"]
    rates, seconds = data.get("fps") or [], data.get("seconds")
    if clip.fps is None:
        if rates:
            said.append("its frame rate is not known; say it with fps")
    elif rates and not any(abs(clip.fps - rate) <= 0.05 * rate for rate in rates):
        trained = ", ".join(f"{rate:g}" for rate in rates)
        said.append(f"{clip.fps:g} frames per second, where it was trained on {trained}")
    if clip.fps and seconds and len(clip) / clip.fps > 1.5 * seconds[2]:
        said.append(
            f"{len(clip) / clip.fps:.2f} s long, where the longest it was trained on is "
            f"{seconds[2]:.2f} s: spot the expressions first (mebench annotate does both)"
        )
    if isinstance(clip.source, FrameFiles):
        said += filter(None, [listing_of(clip.source.paths).gaps()])
    elif isinstance(clip.source, VideoFile):
        with suppress(MebenchError):  # reading it says what is wrong
            said += contents(clip.source.path).notes()
    if len(clip) < 3:
        said.append(f"only {len(clip)} frame(s)")
    said += [note for step in _steps(model.pipeline) for note in _note(step, clip)]
    return said


def _steps(pipeline: Pipeline) -> list[Any]:
    return [step for _, step in pipeline.steps[:-1]]


def _note(step: Any, clip: Clip) -> list[str]:
    """What a step that fills in what nobody annotated says about it."""
    if clip.apex is not None or not hasattr(step, "note"):
        return []
    return [str(step.note([clip]))]
