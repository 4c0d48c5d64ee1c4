"""Options about whose face is looked at, and how it is found."""

from __future__ import annotations

from typing import Any

import typer

from ..errors import BadInput
from .completion import complete

__all__ = ["ALL_FACES", "DETECTOR", "FACE", "check_faces"]

DETECTOR: Any = typer.Option(
    "auto",
    help="What finds faces: dlib, yunet:FILE.onnx, mediapipe, retinaface:FILE.onnx, or auto, the "
    "best that is here; see `mebench list detectors`.",
    autocompletion=complete("detectors"),
)
FACE: Any = typer.Option(
    "largest", help="Whose face, of several: largest, leftmost, or its number from the left."
)
ALL_FACES: Any = typer.Option(False, "--all-faces", help="Everybody's face, one after the other.")


def check_faces(detector: str, face: str, all_faces: bool = False) -> str:
    """The detector to use, once all of it was checked, before any work."""
    from ..preprocessing import choose_detector
    from ..preprocessing.found_faces import FoundFace
    from ..preprocessing.landmarks import pick_face

    if all_faces and face != "largest":
        raise BadInput("Give --face or --all-faces, not both.")
    pick_face([FoundFace((0, 0, 1, 1))] * 99, face)
    return choose_detector(detector)
