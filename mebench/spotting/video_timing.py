"""Videos as they are: uneven in time, turned, breaking off."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..clip import Clip
from ..errors import BadInput
from ..videos import contents
from .frames import Source, open_source

__all__ = ["Look", "even_places", "frames_of", "look"]


@dataclass(frozen=True)
class Look:
    """What a video turns out to hold, once all of it was decoded.

    Attributes
    ----------
    source : Source
    fps : float
        Frames per second of the even sequence that is worked on.
    places : ndarray of int ``(n_frames,)``
        Which frame of the file stands at each place of that sequence; rising, and simply 0, 1, 2
        … where the file is even.
    notes : tuple of str
        What is odd about it.
    """

    source: Source
    fps: float
    places: np.ndarray
    notes: tuple[str, ...] = ()


def look(video: Clip | str | os.PathLike[str], fps: float | None = None) -> Look:
    """Decode a video once from end to end: how many frames there are, and when.

    Parameters
    ----------
    video : Clip or path
        A video file, a folder of images, or a clip.
    fps : float, optional
        Frames per second, where the video does not say or says wrongly; then its timestamps are
        not believed either.

    Raises
    ------
    DataNotFound, BadInput
        No such file; no frame can be decoded; no frame rate is known.
    """
    source = open_source(video, fps)
    rate, places = source.fps, np.arange(source.n_frames or 0)
    notes = list(source.notes)
    if isinstance(source.origin, str) and fps is None:
        times = contents(source.origin).times
        even = even_places(times, source.fps)
        if even is not None:
            rate, places = even
            notes.append(
                f"its frame rate varies: read by its timestamps as an even {rate:.4g} frames per "
                "second, some frames repeated or left out"
            )
        elif (measured := _measured(times)) and (not rate or abs(measured / rate - 1) > 0.1):
            if rate:
                notes.append(f"it says {rate:.4g} frames per second, and its timestamps "
                             f"{measured:.4g}, which is believed")  # fmt: skip
            rate = measured
    if rate is None:
        raise BadInput(
            f"{source.name} does not say its frame rate: give it as fps= (--fps on the command "
            "line); windows and durations depend on it."
        )
    return Look(source, float(rate), places, tuple(notes))


def _measured(times: np.ndarray) -> float | None:
    """Frames per second of timestamps that rise; None of others."""
    if len(times) < 2 or not np.isfinite(times).all() or not (np.diff(times) > 0).all():
        return None
    return float((len(times) - 1) / (times[-1] - times[0]))


def even_places(times: np.ndarray, fps: float | None) -> tuple[float, np.ndarray] | None:
    """An even rate for frames with timestamps, and the frame nearest to each of its moments.

    Parameters
    ----------
    times : ndarray ``(n,)``
        Seconds.
    fps : float or None
        What the container says.

    Returns
    -------
    (fps, places) or None
        None where the frames are even already, or the timestamps make no sense.

    Raises
    ------
    BadInput
        More than 20 times as many frames would be needed as there are.

    Examples
    --------
    >>> even_places(np.array([0, 0.1, 0.2, 0.5, 0.6, 0.9, 1.2]), 10)[1].tolist()
    [0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 6, 6]
    >>> even_places(np.arange(9) / 30, 30) is None
    True
    """
    gaps = np.diff(times)
    if len(gaps) < 2 or not (gaps > 0).all():
        return None
    step = float(np.median(gaps))
    drift = times - times[0] - np.arange(len(times)) * step
    # Timestamps are rounded to 1 ms, and a frame may be missing here and there.
    odd = (np.abs(gaps - step) > max(0.5 * step, 0.002)).mean()
    if odd <= 0.05 and np.abs(drift).max() <= 2 * step + 0.001 * len(gaps):
        return None
    # The shorter usual gap: at the median, half of the frames might be closer together.
    rate = 1 / float(np.quantile(gaps, 0.1))
    if fps is not None and 0.5 * fps <= rate <= 2 * fps and abs(step * fps - 1) < 0.1:
        rate = fps
    rate = min(rate, 1000.0)
    if (times[-1] - times[0]) * rate > 20 * len(times):
        raise BadInput(
            f"The {len(times)} frames of the video are spread over {times[-1] - times[0]:.0f} s, "
            "with gaps in which no movement could be seen. Give a video without such gaps, or the "
            "frame rate (fps, --fps) if its timestamps are wrong."
        )
    moments = np.arange(round((times[-1] - times[0]) * rate) + 1) / rate + times[0]
    middles = (times[1:] + times[:-1]) / 2
    return rate, np.searchsorted(middles, moments - 1e-9)


def frames_of(seen: Look, mode: str = "grey") -> Iterator[np.ndarray]:
    """The frames of the even sequence, one by one, grey ``(H, W)`` or colour ``(H, W, 3)``."""
    places = iter(seen.places)
    place = next(places, None)
    for number, frame in enumerate(seen.source.read(mode)):
        while place == number:
            yield frame
            place = next(places, None)
        if place is None:
            return
