"""Spotting: a long video in, micro- and macro-expressions with onset, apex and offset out."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import tee

import numpy as np
import pandas as pd

from ..clip import Clip
from ..errors import BadInput
from ..parallel import beside
from ..plugins import Registry, registered
from .curves import frequency, hoof_difference, lbp_difference, mdmd, strain_difference
from .faces import Face, follow_face
from .follow_log import FollowLog
from .person import Person
from .search import FaceSearch, find_people
from .spotter import KINDS, Spotter
from .trajectory import TrajectorySpotter
from .video_timing import Look, frames_of, look
from .window import WindowSpotter

__all__ = [
    "SPOTTERS",
    "Spotting",
    "as_curves",
    "get_spotter",
    "measure_faces",
    "people_in",
    "register_spotter",
    "spot",
    "spot_everybody",
    "spot_faces",
    "unseen_shares",
]


@dataclass(frozen=True, eq=False)
class Spotting:
    """What was spotted in one video.

    Attributes
    ----------
    name : str
        Of the video.
    method : str
    fps : float
    curves : DataFrame
        One row per frame: ``micro`` and ``macro``, the measure of either kind; what else the
        spotter keeps (:attr:`Spotter.columns`); ``x`` and ``y``, how far the head has gone, in
        distances between the eyes; and ``face``, whether the face was seen.
    intervals : DataFrame
        One row per expression: ``kind``, ``onset``, ``apex``, ``offset`` (frames from 0), the same
        in seconds (``onset_s`` …), and ``score``, the height of the peak.
    notes : tuple of str
        What is odd about the video: it breaks off, is turned, or uneven in time; then frames are
        those of an even sequence of `fps`.
    numbers : tuple of int, optional
        Of a folder of images: the number in the name of each.
    unseen : mapping of str to mapping of str to float
        Per kind: what share of the frames nothing is looked for in, per cause; causes that do not
        occur are left out.
    """

    name: str
    method: str
    fps: float
    curves: pd.DataFrame
    intervals: pd.DataFrame
    notes: tuple[str, ...] = ()
    numbers: tuple[int, ...] | None = None
    unseen: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def n_frames(self) -> int:
        return len(self.curves)

    def looked_at(self, kind: str) -> float:
        """The share of the frames in which expressions of a kind are looked for."""
        return max(0.0, 1.0 - sum(self.unseen.get(kind, {}).values()))

    def what_was_looked_at(self) -> str:
        """A sentence that says how much was looked at, and why not the rest.

        Examples
        --------
        >>> found = Spotting("a", "trajectory", 30.0, pd.DataFrame(), pd.DataFrame(), unseen={
        ...     "micro": {"no face": 0.1, "the head turns": 0.26}, "macro": {"no face": 0.1}})
        >>> found.what_was_looked_at()
        'Looked at for micro: 64 % (10 % no face, 26 % the head turns); macro: 90 % (10 % no face).'
        """
        parts = {}
        for kind in KINDS:
            causes = ", ".join(f"{_percent(s)} {c}" for c, s in self.unseen.get(kind, {}).items())
            parts[kind] = _percent(self.looked_at(kind)) + (f" ({causes})" if causes else "")
        if len(set(parts.values())) == 1:
            return f"Looked at: {parts[KINDS[0]]}."
        return f"Looked at for {'; '.join(f'{kind}: {said}' for kind, said in parts.items())}."


def spot(
    video: Clip | str | os.PathLike[str],
    method: str | Spotter = "trajectory",
    *,
    fps: float | None = None,
    detector: str = "dlib",
    face: str | int | Person = "largest",
    progress: Callable[[int, int], None] | None = None,
) -> Spotting:
    """Spot one person's expressions in one video, of any length.

    Parameters
    ----------
    video : Clip or path
        A clip in memory or on disk, a video file, or a folder of images.
    method : str or Spotter, default 'trajectory'
        A name of :data:`SPOTTERS`.
    fps : float, optional
        Frames per second, where the video does not say or says wrongly; its timestamps are then
        not believed either.
    detector, face
        What finds faces, and whose is followed; see :func:`mebench.spotting.follow_face`.
    progress : callable, optional
        Called as ``progress(frames done, frames in all)``.

    Returns
    -------
    Spotting

    Raises
    ------
    BadInput
        Unknown method or frame rate, or a video that cannot be read.
    FaceNotFound
        Nobody's face is seen in it.
    """
    seen = look(video, fps)
    log = FollowLog()
    faces = follow_face(frames_of(seen), seen.fps, detector=detector, face=face, log=log)
    if progress is not None:
        faces = _counted(faces, len(seen.places), progress)
    source, found = seen.source, spot_faces(faces, seen.fps, method)
    notes = (*seen.notes, *log.notes(found.n_frames))
    return replace(found, name=source.name, notes=notes, numbers=source.numbers)


def spot_everybody(
    video: Clip | str | os.PathLike[str],
    method: str | Spotter = "trajectory",
    *,
    fps: float | None = None,
    detector: str = "dlib",
    progress: Callable[[int, int], None] | None = None,
) -> list[Spotting]:
    """Spot the expressions of everybody in one video, one after the other.

    Parameters
    ----------
    video, method, fps, detector, progress
        As for :func:`spot`; the video is read once more for each person.

    Returns
    -------
    list of Spotting
        One per person, from the left of the picture to the right; of several, their names end in
        ``#1``, ``#2`` and so on.

    Raises
    ------
    BadInput, DataNotFound
        As of :func:`spot`.
    FaceNotFound
        Nobody's face is seen.

    See Also
    --------
    mebench.spotting.find_people : Who is in a video.
    """
    people = people_in(look(video, fps), detector)
    if len(people) < 2:  # one, or one who is hard to see
        return [spot(video, method, fps=fps, detector=detector, progress=progress)]
    found = []
    for number, (person, looks) in enumerate(people, start=1):
        one = spot(video, method, fps=fps, detector=detector, face=person, progress=progress)
        notes = tuple(n for n in one.notes if "--face chooses another" not in n)
        who = f"person {number} of {len(people)} from the left, seen in {looks} looks"
        found.append(replace(one, name=f"{one.name}#{number}", notes=(who, *notes)))
    return found


#: Looks through a video for who is in it (our choice).
_LOOKS = 40


def people_in(seen: Look, detector: str = "dlib") -> list[tuple[Person, int]]:
    """Everybody in a video that was looked through; see :func:`mebench.spotting.find_people`."""
    every = max(round(seen.fps), len(seen.places) // _LOOKS)
    return find_people(frames_of(seen), every, FaceSearch(detector))


def spot_faces(faces: Iterable[Face], fps: float, method: str | Spotter = "trajectory") -> Spotting:
    """Spot in faces that are followed already; nothing of a frame is held beyond the long window.

    Parameters
    ----------
    faces : iterable of Face
        From :func:`mebench.spotting.follow_face`; read once.
    fps : float
    method : str or Spotter, default 'trajectory'

    Returns
    -------
    Spotting
    """
    spotter = get_spotter(method)
    curves = measure_faces(faces, fps, [spotter])[0]
    return Spotting(
        "", spotter.name, fps, curves, spotter.intervals(curves, fps),
        unseen=unseen_shares(curves, fps, spotter),
    )  # fmt: skip


def unseen_shares(
    curves: pd.DataFrame, fps: float, spotter: Spotter
) -> dict[str, dict[str, float]]:
    """What share of the frames nothing is looked for in, per kind and cause; see :class:`Spotting`.

    Most frequent cause first.
    """
    out = {}
    for kind in KINDS:
        shares = {c: float(np.mean(at)) for c, at in spotter.unseen(curves, kind, fps).items()}
        out[kind] = dict(sorted(((c, s) for c, s in shares.items() if s > 0), key=lambda x: -x[1]))
    return out


def measure_faces(
    faces: Iterable[Face], fps: float, spotters: Sequence[Spotter]
) -> list[pd.DataFrame]:
    """The curves of several spotters, whose faces are followed once; see :class:`Spotting`."""
    places = array("d")

    def images() -> Iterator[np.ndarray | None]:
        for face in faces:
            places.extend(face.place)
            yield face.image

    def rows(stream: Iterator[np.ndarray | None]) -> list[array[float]]:
        kept = [array("d") for _ in spotters]
        # Side by side, so that no stream runs ahead and leaves the video in memory to the others.
        streams = zip(spotters, tee(stream, len(spotters)), strict=True)
        for rows in zip(*(s.rows(each, fps) for s, each in streams), strict=True):
            for numbers, row in zip(kept, rows, strict=True):
                numbers.extend(row)
        return kept

    kept = beside(rows, images())
    travel = np.array(places).reshape(-1, 2)
    return [
        as_curves(np.hstack([np.array(n).reshape(-1, len(s.columns)), travel]), s)
        for n, s in zip(kept, spotters, strict=True)
    ]


def as_curves(rows: np.ndarray, spotter: Spotter) -> pd.DataFrame:
    """The table of curves from its numbers: the spotter's columns, and the place of the head."""
    curves = pd.DataFrame(rows, columns=[*spotter.columns, "x", "y"])
    curves["face"] = curves["x"].notna()
    return curves


def get_spotter(method: str | Spotter) -> Spotter:
    """The spotter of that name.

    Raises
    ------
    BadInput
        There is none.
    """
    if isinstance(method, Spotter):
        return method
    if method not in SPOTTERS:
        raise BadInput(f"No spotter is called {method!r}; there is {', '.join(SPOTTERS)}.")
    return SPOTTERS[method]


def _percent(share: float) -> str:
    """A share as people say it; never 0 % of what occurs, nor 100 % where something is missing."""
    if 0 < share < 0.005:
        return "under 1 %"
    return f"{min(round(100 * share), 99) if share < 1 else 100} %"


def register_spotter(spotter: Spotter) -> Spotter:
    """Make a spotter known by its name, as those of mebench are.

    Parameters
    ----------
    spotter : Spotter

    Returns
    -------
    Spotter
        The same one.

    Raises
    ------
    BadInput
        It is none, or another spotter has that name.

    See Also
    --------
    get_spotter
    """
    if not isinstance(spotter, Spotter):
        raise BadInput(f"A spotter is a mebench.spotting.Spotter, found {spotter!r}.")
    if SPOTTERS.setdefault(spotter.name, spotter) is not spotter:
        raise BadInput(f"There is a spotter {spotter.name!r} already; give yours another name.")
    return spotter


def _counted(
    faces: Iterator[Face], total: int, progress: Callable[[int, int], None]
) -> Iterator[Face]:
    for face in faces:
        yield face
        if face.frame % 10 == 9:
            progress(face.frame + 1, max(total, face.frame + 1))
    progress(total, total)


_LI = "X. Li et al., Towards Reading Hidden Emotions, IEEE TAFFC 9(4), 2018"
_OURS = {
    s.name: s
    for s in (
        TrajectorySpotter("trajectory", "Paths of blocks against their running median",
                "after Y. He, ACM MM 2021", {"micro": 6.5, "macro": 0.0026}, version=5),
        WindowSpotter("lbp", "Feature difference, LBP-χ²",
                "A. Moilanen, G. Zhao, M. Pietikäinen, ICPR 2014",
                {"micro": 0.00763, "macro": 0.0169}, measure=lbp_difference, stretch=2.5),
        WindowSpotter("hoof", "Feature difference, HOOF", _LI,
                {"micro": 0.0154, "macro": 0.105}, measure=hoof_difference, version=2),
        WindowSpotter("mdmd", "Main directional maximal difference",
                "S.-J. Wang et al., Neurocomputing 230, 2017",
                {"micro": 0.0198, "macro": 0.147}, measure=mdmd, version=2),
        WindowSpotter("strain", "Optical strain of what comes and goes",
                "after M. Shreve et al., FG 2011",
                {"micro": 0.00092, "macro": 0.00566}, measure=strain_difference, version=2),
        WindowSpotter("fft", "Apex in the 3D-FFT domain",
                "Y. Li, X. Huang, G. Zhao, ICIP 2018",
                {"micro": 4.59e6, "macro": 1.46e7}, measure=frequency,
                length={"micro": 0.27, "macro": 1.2}),
    )
}  # fmt: skip


#: The spotters by name; those of other packages come last.
SPOTTERS: dict[str, Spotter] = Registry(
    _OURS, registered("spotters", lambda name, spotter: register_spotter(spotter))
)
