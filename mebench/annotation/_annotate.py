"""annotate: a video in, the same video with its expressions drawn onto it, and a JSON, out."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ..clip import Clip
from ..errors import BadInput
from ..models import Model
from ..models.predict import score_kind
from ..paths import whole_path
from ..preprocessing import choose_detector
from ..results import provenance
from ..spotting import (
    Face,
    FollowLog,
    Person,
    Spotter,
    Spotting,
    follow_face,
    get_spotter,
    spot_faces,
    spotting_notes,
)  # fmt: skip
from ..spotting._spot import people_in
from ..spotting.video_timing import Look, frames_of, look
from ..storage.lease import check_file, write_whole
from .drawing import Drawing, draw, heights, looked_at
from .recognise import recognise
from .video import VideoWriter

__all__ = ["Annotation", "annotate", "annotate_everybody", "persons_file"]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Annotation:
    """What was found in a video and where it was written.

    Attributes
    ----------
    video, json : Path
        The annotated video, and the file beside it.
    spotting : Spotting
    intervals : list of dict
        ``kind``, ``onset``, ``apex``, ``offset`` (and in seconds), ``score``, ``label``,
        ``scores``, ``warnings``, ``problem``.
    notes : list of str
        What is odd about the video, and what was done about it.
    seconds : dict
        Of each pass.
    speed : float
        Frames per second, over all passes.
    """

    video: Path
    json: Path
    spotting: Spotting
    intervals: list[dict[str, Any]]
    notes: list[str]
    seconds: dict[str, float] = field(default_factory=dict)
    speed: float = 0.0


def annotate(
    video: Clip | str | os.PathLike[str],
    model: Model,
    out: str | os.PathLike[str],
    *,
    method: str | Spotter = "trajectory",
    fps: float | None = None,
    detector: str = "dlib",
    face: str | int | Person = "largest",
    model_file: str = "",
    who: str = "",
    progress: Progress | None = None,
) -> Annotation:
    """Spot and recognise the expressions in a video, and draw them onto it.

    The video is read from beginning to end several times, and never held: looked through, spotted
    in, read for recognition (if anything was spotted), and drawn.

    Parameters
    ----------
    video : Clip or path
        A video file, a folder of images, or a clip.
    model : Model
        From :func:`mebench.models.load_model`.
    out : path
        The annotated video (``.mp4``, ``.avi``, …); the JSON is written beside it, under the same
        name. Sound is not kept.
    method : str or Spotter, default 'trajectory'
        A name of :data:`mebench.spotting.SPOTTERS`.
    fps : float, optional
        Frames per second, where the video does not say or says wrongly.
    detector, face
        What finds faces, and whose is followed; see :func:`mebench.spotting.follow_face`.
    model_file : str
        Of the model, for the JSON.
    who : str
        Whose face it is, for the notes, where that is known.
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    Annotation

    Raises
    ------
    DataNotFound, BadInput
        A video that cannot be read, or a file that cannot be written.
    FaceNotFound
        Nobody's face is seen.
    """
    spotter, out = get_spotter(method), Path(out)
    if not isinstance(video, Clip) and whole_path(out) == whole_path(video):
        raise BadInput(f"{out} is the video itself; name another file to write.")
    tell = progress or (lambda stage, done, total: None)
    with VideoWriter(out, 1.0) as writer, tempfile.TemporaryFile() as spare:
        times = {"started": time.perf_counter()}
        seen = look(video, fps)
        writer.fps, total = seen.fps, len(seen.places)
        times["looking"] = time.perf_counter()
        log = FollowLog()
        faces = follow_face(
            frames_of(seen), seen.fps, detector=detector, face=face, mouth=True, log=log
        )
        spotting = spot_faces(_kept(faces, spare, total, tell), seen.fps, spotter)
        said = (*seen.notes, *log.notes(spotting.n_frames))
        if who:  # so nobody has to be told that others are there
            said = (who, *(note for note in said if "--face chooses another" not in note))
        spotting = replace(spotting, name=seen.source.name, notes=said)
        times["spotting"] = time.perf_counter()
        total = spotting.n_frames
        points = np.memmap(spare, np.float32, "r", shape=(total, 68, 2))
        intervals = recognise(
            frames_of(seen, "colour" if model.colour else "grey"), points, _records(spotting),
            model, seen.fps, progress=lambda i, n: tell("recognising", i, n),
        )  # fmt: skip
        times["recognising"] = time.perf_counter()
        what = Drawing(
            seen.fps, heights(spotting.curves, seen.fps, spotter), intervals,
            looked_at(spotting.curves, seen.fps, spotter), total,
            title=f"{spotter.name}; {model.name}",
        )  # fmt: skip
        for number, frame in enumerate(frames_of(seen, "colour")):
            marks = np.asarray(points[number])
            writer.write(draw(frame, number, marks if np.isfinite(marks).all() else None, what))
            if number % 10 == 0:
                tell("drawing", number, total)
        tell("drawing", total, total)
        times["drawing"] = time.perf_counter()
    stages = list(times)
    seconds = {b: times[b] - times[a] for a, b in pairwise(stages)}
    notes = [*spotting_notes(spotting), *_notes(seen, writer, out)]
    found = Annotation(
        writer.path, writer.path.with_suffix(".json"), spotting, intervals, notes,
        {k: round(v, 3) for k, v in seconds.items()}, total / sum(seconds.values()),
    )  # fmt: skip
    _save(found, seen, model, model_file, spotter, writer.codec, choose_detector(detector))
    return found


def annotate_everybody(
    video: Clip | str | os.PathLike[str],
    model: Model,
    out: str | os.PathLike[str],
    *,
    method: str | Spotter = "trajectory",
    fps: float | None = None,
    detector: str = "dlib",
    model_file: str = "",
    force: bool = True,
    progress: Progress | None = None,
) -> list[Annotation]:
    """Annotate a video once for each person in it, from the left of the picture to the right.

    Parameters
    ----------
    video, model, method, fps, detector, model_file, progress
        As for :func:`annotate`; of each stage the person's number is told.
    out : path
        Of several people, each has a video and a JSON of their own: ``out-1.mp4``, ``out-2.mp4``
        and so on (:func:`persons_file`).
    force : bool, default True
        Whether files of those names may be overwritten.

    Returns
    -------
    list of Annotation

    Raises
    ------
    DataNotFound, BadInput, FaceNotFound
        As of :func:`annotate`; or one of the files is there already.

    See Also
    --------
    mebench.spotting.spot_everybody : The intervals alone.
    """
    people = people_in(look(video, fps), detector)
    if len(people) < 2:  # one, or one who is hard to see
        return [annotate(video, model, out, method=method, fps=fps, detector=detector,
                         model_file=model_file, progress=progress)]  # fmt: skip
    places = [persons_file(out, number) for number in range(1, len(people) + 1)]
    for path in (*places, *(place.with_suffix(".json") for place in places)):
        check_file(path)
        if path.exists() and not force:
            raise BadInput(f"{path} is there already, and is not overwritten: name another file.")
    found = []
    for number, ((person, looks), place) in enumerate(zip(people, places, strict=True), start=1):
        tell = None if progress is None else _of_person(progress, number)
        who = f"person {number} of {len(people)} from the left, seen in {looks} looks"
        one = annotate(
            video, model, place, method=method, fps=fps, detector=detector, face=person,
            model_file=model_file, who=who, progress=tell,
        )  # fmt: skip
        found.append(one)
    return found


def persons_file(out: str | os.PathLike[str], number: int) -> Path:
    """Where the video of one of several people is written.

    Examples
    --------
    >>> persons_file("out/interview.mp4", 2).as_posix()
    'out/interview-2.mp4'
    """
    out = Path(out)
    return out.with_name(f"{out.stem}-{number}{out.suffix}")


def _of_person(tell: Progress, number: int) -> Progress:
    return lambda stage, done, total: tell(f"{stage} {number}", done, total)


def _kept(faces: Iterable[Face], spare: Any, total: int, tell: Progress) -> Iterator[Face]:
    """The faces, their landmarks written to a file: hours of them would fill the memory."""
    nothing = np.full((68, 2), np.nan, np.float32).tobytes()
    number = 0
    for number, face in enumerate(faces, start=1):
        seen = face.landmarks
        spare.write(nothing if seen is None else seen.astype(np.float32).tobytes())
        if number % 10 == 0:
            tell("spotting", number, max(total, number))
        yield face
    spare.flush()
    tell("spotting", number, number)


def _records(spotting: Spotting) -> list[dict[str, Any]]:
    return [
        {str(k): v.item() if hasattr(v, "item") else v for k, v in row.items()}
        for row in spotting.intervals.to_dict("records")
    ]


def _notes(seen: Look, writer: VideoWriter, out: Path) -> list[str]:
    notes = []
    if writer.path != out:
        notes.append(f"no codec for {out.suffix} here: written as {writer.path.name} instead")
    if isinstance(seen.source.origin, str):
        notes.append("sound, if there is any, is not kept")
    return notes


def _save(
    found: Annotation, seen: Look, model: Model, model_file: str, spotter: Spotter, codec: str,
    detector: str,
) -> None:  # fmt: skip
    spotting = found.spotting
    places = None
    if len(seen.places) and (np.diff(seen.places) != 1).any():
        places = seen.places.tolist()
    made = provenance()
    record = {
        "video": spotting.name or seen.source.name,
        "fps": seen.fps,
        "n_frames": spotting.n_frames,
        "source_frames": "@places",  # which frame of the file each is, where that is not its number
        "annotated": found.video.name,
        "codec": codec,
        "notes": found.notes,
        "intervals": found.intervals,
        "scores_are": score_kind(model),
        "face_found": "@faces",
        "settings": {
            "spotter": spotter.name,
            "thresholds": dict(spotter.thresholds),
            "curves": spotter.settings(seen.fps),
            "tau": spotter.tau,
            "detector": detector.partition(":")[0],
            "model": {"file": model_file, "name": model.name, "classes": model.classes,
                      "trained": model.card.get("trained")},
        },
        "seconds": found.seconds,
        "frames_per_second": round(found.speed, 2),
        "versions": made["versions"],
        "platform": made["platform"],
        "made": made["time"],
        "limits": model.card.get("limits"),
    }  # fmt: skip
    text = json.dumps(record, indent=1)
    faces = spotting.curves["face"].astype(int).tolist()
    for name, values in (("@places", places), ("@faces", faces)):  # long lists, on one line each
        text = text.replace(f'"{name}"', json.dumps(values, separators=(",", ":")), 1)
    write_whole(found.json, text + "\n")
