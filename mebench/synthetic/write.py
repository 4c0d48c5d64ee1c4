"""Writing a corpus to disk, whole or not at all."""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..errors import BadInput
from ..paths import user_folder
from ..storage.run_folder import writing_folder
from . import cas_me_2, cas_me_3, casme, casme2, ckplus, dfme, fourdme, meview, mmew, samm, smic
from .camera import View
from .corpus import plan_corpus
from .disk import (
    MANIFEST,
    MOST_CLIPS,
    UNFINISHED,
    begin,
    single_threaded_opencv,
    workers,
    write_image,
)
from .layout import Entry, Layout
from .lens import crop
from .render import register, render_clip

__all__ = [
    "LAYOUTS",
    "VERSION",
    "default_corpus",
    "default_folder",
    "plan_entries",
    "write_corpus",
    "written",
]

_log = logging.getLogger(__name__)

#: Layouts that a corpus can be written in.
LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        casme2.LAYOUT,
        *smic.LAYOUTS,
        casme.LAYOUT,
        cas_me_2.LAYOUT,
        samm.LAYOUT,
        mmew.LAYOUT,
        fourdme.LAYOUT,
        *cas_me_3.LAYOUTS,
        dfme.LAYOUT,
        meview.LAYOUT,
        ckplus.LAYOUT,
    )
}

#: Raised whenever the same seed would give other bytes.
VERSION = 2

_NAMES, _SHEETS, _CAST = 10, 11, 12  # streams of random numbers besides those of the plans

Progress = Callable[[int, int], None]


def write_corpus(
    layout: str,
    out: str | os.PathLike[str],
    *,
    seed: int = 0,
    subjects: int | None = None,
    clips: int | None = None,
    n_jobs: int | None = None,
    cropped: bool = True,
    true_counts: bool = False,
    scale: float = 1.0,
    plain: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write a synthetic corpus in the layout of a database.

    The same arguments give the same pictures, and with the same JPEG encoder, which is OpenCV's,
    the same files, byte for byte. An interrupted writing is taken up again by the same call; a
    finished one is left as it is.

    Parameters
    ----------
    layout : str
        Key of :data:`LAYOUTS`, such as ``"casme2"``.
    out : path
        Folder, new or empty.
    seed : int, default 0
    subjects : int, optional
        Default: 13.
    clips : int, optional
        At least one per subject; default: 100. Classes keep the proportions of the real database.
    n_jobs : int, optional
        Threads; default: one per core.
    cropped : bool, default True
        Write the registered, cropped frames as well as the raw ones.
    true_counts : bool, default False
        As many clips of each class and as many subjects as the real database has, rare classes
        included, instead of `subjects` and `clips`. What nobody published is our guess.
    scale : float, default 1
        Size of the frames, as a share of the real ones.
    plain : bool, default False
        Flat grey frames of 8 × 8 pixels instead of faces, and no truth: enough to try names,
        sheets and counts, and hundreds of times faster.
    progress : callable, optional
        Called as ``progress(done, total)`` in clips.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    BadInput
        Unknown layout, numbers that cannot work, or a folder that holds something else.
    """
    kind = _layout(layout)
    if true_counts and (subjects is not None or clips is not None):
        raise BadInput("With the true counts the numbers of clips and subjects are not a choice.")
    if not 0 < scale <= 4:
        raise BadInput(f"scale must be above 0 and at most 4, found {scale!r}.")
    if true_counts:
        subjects, clips = kind.subjects, sum((kind.true_counts or kind.shares).values())
    subjects = 13 if subjects is None else subjects
    clips = 100 if clips is None else clips
    for name, value, least in (("seed", seed, 0), ("subjects", subjects, 1), ("clips", clips, 1)):
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < least:
            raise BadInput(f"{name} must be a whole number of at least {least}, found {value!r}.")
    if clips > MOST_CLIPS:
        raise BadInput(f"{clips} clips are more than any database has; {MOST_CLIPS} are the most.")
    if clips < subjects:
        raise BadInput(f"{clips} clips are too few for {subjects} subjects: each needs one.")
    out = Path(out)
    recipe: dict[str, Any] = {
        "what": "synthetic corpus made by mebench; no recording of any person's expression",
        "version": VERSION,
        "layout": layout,
        "seed": int(seed),
        "subjects": int(subjects),
        "clips": int(clips),
        "cropped": bool(cropped),
    }
    extras = {"true_counts": bool(true_counts), "scale": float(scale), "plain": bool(plain)}
    usual = {"true_counts": False, "scale": 1.0, "plain": False}
    recipe.update({key: value for key, value in extras.items() if value != usual[key]})
    if begin(out, recipe):
        return out

    started = time.perf_counter()
    stream = _stream(layout, seed)
    entries = plan_entries(kind, stream, subjects, None if true_counts else clips)
    if scale != 1:
        width, height = (max(16, round(scale * n)) for n in kind.view.size)
        cropped_size = (round(scale * kind.cropped_size[0]), round(scale * kind.cropped_size[1]))
        view = View((width, height), scale * kind.view.face_width, kind.view.colour)
        kind = replace(kind, view=view, cropped_size=cropped_size)
    work = _write_plain if plain else _write_clip
    with single_threaded_opencv(), ThreadPoolExecutor(workers(n_jobs)) as pool:
        # From two halves in turn: who ends a person's clips finds others to go on with.
        half = -(-len(entries) // 2)
        turns = [e for both in zip_longest(entries[:half], entries[half:]) for e in both if e]
        jobs = [pool.submit(work, out, kind, entry, cropped) for entry in turns]
        try:
            for done, job in enumerate(as_completed(jobs), start=1):
                job.result()
                if progress is not None:
                    progress(done, len(jobs))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    kind.write_sheets(out, entries, np.random.default_rng((*stream, _SHEETS)))
    os.replace(out / UNFINISHED, out / MANIFEST)
    _log.info("drew %d clips in the layout of %s in %.2f s", len(entries), layout,
              time.perf_counter() - started)  # fmt: skip
    return out


def plan_entries(
    layout: Layout, stream: tuple[int, ...], subjects: int, clips: int | None
) -> list[Entry]:
    """All clips of a corpus and their files, before a pixel is drawn.

    Parameters
    ----------
    layout : Layout
    stream : tuple of int
        Seed.
    subjects : int
    clips : int or None
        None: the true counts of the real database.
    """
    cast = None
    if clips is None:
        counts = dict(layout.true_counts or layout.shares)
        if layout.cast is not None:
            cast = layout.cast(np.random.default_rng((*stream, _CAST)))
    else:
        counts = _counts(layout.shares, clips)
    plans = plan_corpus(stream, subjects, counts, layout.rate or layout.fps, cast)
    return layout.entries(plans, np.random.default_rng((*stream, _NAMES)))


def _stream(layout: str, seed: int) -> tuple[int, int]:
    return int(seed), zlib.crc32(layout.encode())


def written(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """What a finished corpus was made with: layout, seed, subjects, clips, ….

    Raises
    ------
    BadInput
        The folder holds no finished corpus.
    """
    try:
        found = json.loads((Path(folder) / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder} holds no finished synthetic corpus.") from error
    return dict(found)


def default_folder(cropped: bool = False) -> Path:
    """Where the corpus of ``--dataset synthetic`` lies, or will: in ``$MEBENCH_HOME/synthetic``.

    Without that variable it is the user's cache. Cropped frames, which few ask for, are in a corpus
    of their own, unless they were made with the others.
    """
    usual = user_folder("synthetic") / f"casme2-v{VERSION}-seed0"
    if not cropped or ((usual / MANIFEST).exists() and written(usual).get("cropped")):
        return usual
    return usual.with_name(f"{usual.name}-cropped")


def default_corpus(
    progress: Progress | None = None, n_jobs: int | None = None, cropped: bool = False
) -> Path:
    """The corpus of ``--dataset synthetic``: made on first use, kept in the user's cache.

    It lies in ``$MEBENCH_HOME/synthetic`` if that variable is set. Two processes that make it at
    the same time do not disturb each other: each writes its own, and the first to finish wins.

    Parameters
    ----------
    progress : callable, optional
        Called as ``progress(done, total)`` in clips.
    n_jobs : int, optional
        Threads; default: one per core.
    cropped : bool, default False
        One that has the cropped frames as well.
    """
    target = default_folder(cropped)
    if (target / MANIFEST).exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with writing_folder(target.parent) as scratch:
        whole = write_corpus("casme2", scratch, progress=progress, n_jobs=n_jobs, cropped=cropped)
        try:
            os.rename(whole, target)
        except OSError:
            if not (target / MANIFEST).exists():
                # Somebody emptied half of it: nothing here can be trusted, so replace it.
                shutil.rmtree(target, ignore_errors=True)
                os.rename(whole, target)
    return target


def _layout(name: str) -> Layout:
    if name not in LAYOUTS:
        raise BadInput(
            f"There is no layout {name!r} for a synthetic corpus; there are: {', '.join(LAYOUTS)}."
        )
    return LAYOUTS[name]


def _counts(shares: Any, clips: int) -> dict[str, int]:
    """Clips per class in the proportions of `shares`, by largest remainder."""
    exact = {name: clips * share / sum(shares.values()) for name, share in shares.items()}
    counts = {name: int(value) for name, value in exact.items()}
    for name in sorted(exact, key=lambda n: counts[n] - exact[n])[: clips - sum(counts.values())]:
        counts[name] += 1
    return counts


def _write_clip(out: Path, layout: Layout, entry: Entry, cropped: bool) -> None:
    frames, truth = render_clip(entry.plan, layout.view)
    matrix = register(truth.landmarks[truth.onset].astype(float), layout.cropped_size)
    truth_file = out / "truth" / f"{entry.name}.npz"
    _make_folders(out, entry, cropped, truth_file)
    quality = entry.plan.nuisance.quality
    with _video(out, entry, layout.view.size) as film:
        for i, frame in enumerate(frames):
            if film is not None:
                film.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
            if entry.raw and entry.raw[i]:
                write_image(out / entry.raw[i], frame, quality)
            if cropped and entry.cropped and entry.cropped[i]:
                face = crop(frame, matrix, layout.cropped_size)
                write_image(out / entry.cropped[i], face, quality)
    truth.save(truth_file, registration=matrix, first=np.array(entry.first))


def _write_plain(out: Path, layout: Layout, entry: Entry, cropped: bool) -> None:
    _make_folders(out, entry, cropped)
    # No two clips are the same pictures: the first has four corners of its own.
    name = zlib.crc32(entry.name.encode()).to_bytes(4, "little")
    first = np.frombuffer(name, np.uint8).reshape(2, 2)
    marked: set[int] = set()  # kinds of frames whose first is written
    with _video(out, entry, (16, 16)) as film:
        for i in range(entry.plan.n_frames):
            if film is not None:
                image = (
                    first.repeat(8, 0).repeat(8, 1)
                    if i == 0
                    else np.full((16, 16), i % 256, np.uint8)
                )
                film.write(cv2.merge([image] * 3))
            for kind, names in enumerate((entry.raw, entry.cropped if cropped else ())):
                if names and names[i]:
                    path = out / names[i]
                    data = _plain_image(path.suffix, i % 256)
                    if kind not in marked:
                        data = _encoded(path.suffix, first.repeat(4, 0).repeat(4, 1))
                        marked.add(kind)
                    path.write_bytes(data)


@cache
def _plain_image(suffix: str, level: int) -> bytes:
    return _encoded(suffix, np.full((8, 8), level, np.uint8))


def _encoded(suffix: str, image: np.ndarray) -> bytes:
    return bytes(cv2.imencode(suffix, image)[1].tobytes())


def _make_folders(out: Path, entry: Entry, cropped: bool, *more: Path) -> None:
    names = [*entry.raw, *(entry.cropped if cropped else ()), entry.video]
    for folder in {(out / name).parent for name in names if name} | {p.parent for p in more}:
        folder.mkdir(parents=True, exist_ok=True)


@contextmanager
def _video(out: Path, entry: Entry, size: tuple[int, int]) -> Iterator[cv2.VideoWriter | None]:
    """A writer of the clip's video, if its layout has videos: Motion JPEG, whole when closed."""
    if not entry.video:
        yield None
        return
    path = str(out / entry.video)
    film = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), entry.plan.fps, size)
    if not film.isOpened():
        raise BadInput(f"The video {path} cannot be written: this OpenCV cannot encode MJPG.")
    try:
        yield film
    finally:
        film.release()
