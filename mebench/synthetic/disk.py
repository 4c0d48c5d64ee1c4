"""What writing a corpus to disk needs, whatever is written."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..errors import BadInput

__all__ = [
    "MANIFEST",
    "MOST_CLIPS",
    "UNFINISHED",
    "begin",
    "single_threaded_opencv",
    "workers",
    "write_image",
]

#: The file that marks a corpus as whole; it is written last.
MANIFEST = "synthetic.json"

#: Clips of a corpus, and videos of a long one; the largest real database has 7,526 clips.
MOST_CLIPS = 100_000

UNFINISHED = "synthetic.unfinished.json"


def begin(out: Path, recipe: dict[str, Any]) -> bool:
    """Whether the corpus is there already; else mark the folder as being written to."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            f"No folder can be made at {out}: {error.strerror}. Choose another place."
        ) from error
    for name in (MANIFEST, UNFINISHED):
        if (out / name).exists():
            try:
                found = json.loads((out / name).read_text(encoding="utf-8"))
            except ValueError:
                found = None
            if found != recipe:
                raise BadInput(
                    f"{out} holds a synthetic corpus made with other parameters ({out / name}). "
                    "Choose another folder, or delete this one first."
                )
            return name == MANIFEST
    scratch = out / f"{UNFINISHED}.tmp"
    if any(path != scratch for path in out.iterdir()):
        raise BadInput(
            f"{out} is not empty and holds no synthetic corpus. Choose a new or empty folder: "
            "nothing is ever written among other files."
        )
    text = json.dumps(recipe, indent=1, sort_keys=True) + "\n"
    scratch.write_text(text, encoding="utf-8")
    os.replace(scratch, out / UNFINISHED)
    return False


def write_image(path: Path, frame: np.ndarray, quality: int) -> None:
    if frame.ndim == 3:
        frame = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
    options: Sequence[int] = (
        (cv2.IMWRITE_JPEG_QUALITY, quality) if path.suffix in (".jpg", ".jpeg") else ()
    )
    _, data = cv2.imencode(path.suffix, frame, options)
    path.write_bytes(data.tobytes())


def workers(n_jobs: int | None) -> int:
    from joblib import effective_n_jobs

    return effective_n_jobs(-1 if n_jobs is None else n_jobs)


@contextmanager
def single_threaded_opencv() -> Iterator[None]:
    """The clips are spread over threads already, and OpenCV's own would fight with them."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
