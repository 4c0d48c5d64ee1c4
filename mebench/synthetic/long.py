"""A corpus of long videos, written as the real databases of long videos are."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BadInput
from ..storage.run_folder import writing_folder
from .camera import View
from .disk import (
    MANIFEST,
    MOST_CLIPS,
    UNFINISHED,
    begin,
    single_threaded_opencv,
    workers,
    write_image,
)
from .long_layouts import LONG_LAYOUTS, LongEntry, LongLayout
from .long_plan import Script, plan_scripts
from .long_render import render_script

__all__ = ["LONG_LAYOUTS", "default_long_corpus", "make_long_video", "write_long_corpus"]

#: Raised whenever the same seed would give other bytes.
LONG_VERSION = 2

_STREAM = 5  # of random numbers; one for all layouts, so that they show the same people

#: The camera of the built-in corpus: the middle of the real one's picture at three quarters of its
#: resolution, so that a face is as large in it as in 440 × 330 pixels of the whole.
COMPACT = View((320, 240), 160.0, False)

Progress = Callable[[int, int], None]


def write_long_corpus(
    layout: str,
    out: str | os.PathLike[str],
    *,
    seed: int = 0,
    subjects: int = 10,
    videos: int = 2,
    seconds: float = 40.0,
    compact: bool = False,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write long videos in the layout of a database: expressions among all else that a face does.

    Blinks (10 to 25 a minute), turns of the head and nods, talk, and macro-expressions lie between
    the micro-expressions. About a quarter of the videos have no micro-expression, and some have no
    expression at all. The same arguments give the same files, and memory does not grow with the
    length of the videos.

    Parameters
    ----------
    layout : str
        Key of :data:`LONG_LAYOUTS`, such as ``"casme-sq-long"``.
    out : path
        Folder, new or empty.
    seed : int, default 0
    subjects : int, default 10
    videos : int, default 2
        Per subject.
    seconds : float, default 40
        Mean length of a video, at least 10.
    compact : bool, default False
        Grey frames of 320 × 240 pixels, closer to the face, instead of the real ones.
    n_jobs : int, optional
        Threads; default: one per core.
    progress : callable, optional
        Called as ``progress(done, total)`` in videos.

    Returns
    -------
    Path

    Raises
    ------
    BadInput
        Unknown layout, numbers that cannot work, or a folder that holds something else.
    """
    if layout not in LONG_LAYOUTS:
        raise BadInput(
            f"There is no layout {layout!r} for long videos; there are: {', '.join(LONG_LAYOUTS)}."
        )
    for name, value in (("subjects", subjects), ("videos", videos), ("seed", seed + 1)):
        if value < 1:
            raise BadInput(f"{name} is too small: {value - (name == 'seed')}.")
    if subjects * videos > MOST_CLIPS:
        raise BadInput(f"{subjects * videos} videos are more than the {MOST_CLIPS} that can be.")
    if videos > 13 or not 10 <= seconds <= 3600:
        raise BadInput(
            f"Found {videos} videos of {seconds} seconds; expected at most 13 per subject, of 10 "
            "to 3600 seconds."
        )
    kind = LONG_LAYOUTS[layout]
    if compact:
        kind = replace(kind, view=COMPACT)
    out = Path(out)
    recipe: dict[str, Any] = {
        "what": "synthetic corpus made by mebench; no recording of any person's expression",
        "version": LONG_VERSION, "layout": layout, "seed": int(seed), "subjects": int(subjects),
        "videos": int(videos), "seconds": float(seconds), "compact": bool(compact),
    }  # fmt: skip
    if begin(out, recipe):
        return out
    scripts = plan_scripts((int(seed), _STREAM), subjects, videos, seconds, kind.fps)
    entries = [kind.entry(script) for script in scripts]
    with single_threaded_opencv(), ThreadPoolExecutor(workers(n_jobs)) as pool:
        jobs = [pool.submit(_write_video, out, kind, entry) for entry in entries]
        try:
            for done, job in enumerate(as_completed(jobs), start=1):
                job.result()
                if progress is not None:
                    progress(done, len(jobs))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    kind.write_sheets(out, entries)
    _write_events(out, entries)
    os.replace(out / UNFINISHED, out / MANIFEST)
    return out


def default_long_corpus(progress: Progress | None = None, n_jobs: int | None = None) -> Path:
    """The corpus of ``--dataset synthetic-long``: made on first use, kept in the user's cache.

    The layout of CAS(ME)², 10 people and 2 videos of 30 to 50 seconds each; near 450 MB.
    """
    from ..paths import user_folder

    target = user_folder("synthetic") / f"casme-sq-long-v{LONG_VERSION}-seed0"
    if (target / MANIFEST).exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with writing_folder(target.parent) as scratch:
        whole = write_long_corpus(
            "casme-sq-long", scratch, compact=True, n_jobs=n_jobs, progress=progress
        )
        try:
            os.rename(whole, target)
        except OSError:
            if not (target / MANIFEST).exists():
                shutil.rmtree(target, ignore_errors=True)
                os.rename(whole, target)
    return target


def make_long_video(
    seed: int = 0, seconds: float = 20.0, fps: float = 30.0, micro: int | None = None
) -> tuple[Any, Script]:
    """One long video in memory, frame by frame, and its script.

    Parameters
    ----------
    seed : int, default 0
    seconds : float, default 20
        About which the length is drawn.
    fps : float, default 30
    micro : int, optional
        Number of micro-expressions. Default: drawn.

    Returns
    -------
    frames : iterator of ndarray (240, 320) uint8
    script : Script

    Examples
    --------
    >>> frames, script = make_long_video(seed=3, seconds=12, micro=1)
    >>> next(frames).shape, sum(event.kind == "micro" for event in script.events)
    ((240, 320), 1)
    """
    from .long_plan import plan_script

    script = plan_script((int(seed), _STREAM), 1, 1, seconds, fps, micro)
    return render_script(script, COMPACT), script


def _write_video(out: Path, layout: LongLayout, entry: LongEntry) -> None:
    (out / entry.folder).mkdir(parents=True, exist_ok=True)
    for i, frame in enumerate(render_script(entry.script, layout.view)):
        write_image(out / entry.name(i), frame, entry.script.nuisance.quality)


def _write_events(out: Path, entries: list[LongEntry]) -> None:
    """All that happens, beside the sheets: blinks, turns and talk, which nobody annotates."""
    found = [
        {
            "folder": entry.folder,
            "first": entry.first,
            "fps": entry.script.fps,
            "events": [
                {"kind": e.kind, "onset": e.onset, "apex": e.apex, "offset": e.offset,
                 "units": e.units, "emotion": e.emotion}
                for e in entry.script.events
            ],
        }
        for entry in entries
    ]  # fmt: skip
    (out / "truth").mkdir(exist_ok=True)
    text = json.dumps(found, indent=1, default=np.ndarray.item)
    (out / "truth" / "events.json").write_text(text + "\n", encoding="utf-8")
