"""What must be said of a spotting besides what it found; `spot` and `annotate` say the same."""

from __future__ import annotations

import cv2

from ._spot import Spotting

__all__ = ["spotting_notes"]


def spotting_notes(one: Spotting) -> list[str]:
    """Sentences without a full stop: what is odd about the video, and what was not seen.

    Examples
    --------
    >>> import pandas as pd
    >>> curves = pd.DataFrame({"face": [True, False, True]})
    >>> one = Spotting("a", "lbp", 15.0, curves, curves[:0], ("turned by 90°",))
    >>> for note in spotting_notes(one):
    ...     print(note[:50])
    turned by 90°
    shorter than 2 s; most of what a method compares a
    at 15 frames per second a micro-expression is a fe
    no face in 1 of 3 frames
    """
    said = list(one.notes)
    if one.n_frames < 2 * one.fps:
        said.append("shorter than 2 s; most of what a method compares a frame with is missing")
    if one.fps < 20:
        said.append(
            f"at {one.fps:g} frames per second a micro-expression is a few frames long, too few to "
            "trust what is said of it"
        )
    if one.method == "trajectory" and int(cv2.__version__.split(".")[0]) < 5:
        said.append(
            f"OpenCV {cv2.__version__} refines flow otherwise than OpenCV 5, with which "
            "trajectory's thresholds were chosen: install opencv-python-headless 5 for the scores "
            "that are documented"
        )
    if lost := int((~one.curves["face"]).sum()):
        said.append(f"no face in {lost} of {one.n_frames} frames")
    return said
