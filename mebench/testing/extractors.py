"""Checks for an external extractor: whether it keeps the promises that benchmarks rely on."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import get_tags

from ..clip import Clip

__all__ = ["check_extractor", "make_clips"]

# A plain frontal face in iBUG order on a canvas of 100 × 100: jaw, brows, nose, eyes, mouth.
_FACE = np.array([
    *[(50 + 42 * np.cos(a), 38 + 52 * np.sin(a)) for a in np.linspace(np.pi, 0, 17)],
    (15, 28), (21, 24), (28, 23), (35, 24), (42, 27), (58, 27), (65, 24), (72, 23), (79, 24),
    (85, 28), (50, 35), (50, 42), (50, 49), (50, 55), (42, 59), (46, 60), (50, 61), (54, 60),
    (58, 59), (23, 36), (28, 33), (34, 33), (39, 37), (34, 39), (28, 39), (61, 37), (66, 33),
    (72, 33), (77, 36), (72, 39), (66, 39), (34, 71), (40, 68), (46, 67), (50, 68), (54, 67),
    (60, 68), (66, 71), (60, 76), (54, 78), (50, 79), (46, 78), (40, 76), (37, 71), (46, 71),
    (50, 71), (54, 71), (63, 71), (54, 73), (50, 74), (46, 73),
])  # fmt: skip


def make_clips(
    n: int = 4,
    *,
    seed: int = 0,
    n_frames: int = 9,
    size: tuple[int, int] = (100, 100),
    ragged: bool = False,
    landmarks: bool = True,
    apex: bool = True,
    dtype: str = "uint8",
    colour: bool = False,
) -> list[Clip]:
    """Small clips of moving texture with the landmarks of a schematic face.

    Parameters
    ----------
    n : int, default 4
    seed : int, default 0
    n_frames : int, default 9
    size : (H, W), default (100, 100)
    ragged : bool, default False
        Let every clip have its own length and size, from these upwards.
    landmarks, apex : bool, default True
        Whether the clips have them.
    dtype : {'uint8', 'float32', 'float64'}, default 'uint8'
        Whole grey levels 0–255 in any case.
    colour : bool, default False
        ``(T, H, W, 3)`` with three equal channels.

    Returns
    -------
    list of Clip

    Examples
    --------
    >>> [clip.frames.shape for clip in make_clips(2, ragged=True)]
    [(9, 100, 100), (10, 106, 103)]
    """
    rng = np.random.default_rng(seed)
    clips = []
    for i in range(n):
        grow = i if ragged else 0
        shape = (size[0] + 6 * grow, size[1] + 3 * grow)
        frames = _moving_texture(rng, n_frames + grow, shape).astype(dtype)
        if colour:
            frames = np.repeat(frames[..., None], 3, axis=-1)
        points = _FACE * ((shape[1] - 1) / 100, (shape[0] - 1) / 100)
        clips.append(
            Clip(
                f"clip{i}",
                frames,
                fps=200.0,
                apex=len(frames) // 2 if apex else None,
                landmarks=points if landmarks else None,
            )
        )
    return clips


def check_extractor(
    extractor: Any,
    *,
    landmarks: bool | None = None,
    apex: bool | None = None,
    same_length: bool = False,
    rtol: float = 1e-6,
) -> None:
    """Raise AssertionError, saying what is wrong, unless an extractor keeps the rules.

    Parameters are stored untouched; copies and pickles are as good as the original; there is
    one unique name per column; a clip's row depends on this clip alone, not on its neighbours
    in the list, on their order, or on labels; the same clip always gives the same row, whether
    its grey levels are bytes or floats; clips may differ in length and size; a clip without
    motion gives finite numbers; what cannot be used raises a ValueError, such as
    :class:`mebench.errors.BadInput`, that says so; nothing that is passed in is changed.

    Parameters
    ----------
    extractor : transformer
        From clips to a matrix: an :class:`mebench.base.Extractor`, or any scikit-learn
        transformer or pipeline of transformers, which may learn (it is fitted first). It
        should be set up for clips of 9 frames and 100 × 100 pixels.
    landmarks, apex : bool, optional
        True: a clip without must raise. False: it must do. Default: not checked.
    same_length : bool, default False
        It takes only clips of equal length and size.
    rtol : float, default 1e-6
        How far, relative to the largest value, rows may differ between bytes and floats.

    Raises
    ------
    AssertionError
        A rule is broken.

    Examples
    --------
    >>> from mebench import LBPTOP
    >>> check_extractor(LBPTOP(regions=(2, 2), radii=(1, 1, 1)))

    A row must not know of other rows:

    >>> class Centred(LBPTOP):
    ...     def transform(self, X):
    ...         rows = super().transform(X)
    ...         return rows - rows.mean(axis=0)
    >>> check_extractor(Centred(regions=(2, 2), radii=(1, 1, 1)))
    Traceback (most recent call last):
        ...
    AssertionError: Centred: a row changes when other clips are left out.
    """
    name = type(extractor).__name__
    clips = make_clips(3, ragged=not same_length)
    labels = ["a", "b", "a"]
    _check_parameters(extractor, name)

    before = [(clip.digest(), clip.id) for clip in clips]
    fitted = clone(extractor).fit(clips, labels)
    rows = fitted.transform(clips)
    _ensure(
        isinstance(rows, np.ndarray) and rows.ndim == 2 and len(rows) == len(clips),
        f"{name}: transform must give an array with one row per clip.",
    )
    _ensure(rows.dtype.kind == "f" and np.isfinite(rows).all(), f"{name}: rows must be finite.")
    _ensure(
        [(clip.digest(), clip.id) for clip in clips] == before,
        f"{name}: the clips that were passed in have been changed.",
    )
    _check_rows(fitted, clips, rows, name)
    _check_columns(fitted, clips, rows, name)
    _check_fits(extractor, clips, labels, rows, name)

    def differs(**changes: Any) -> bool:
        """Whether the same clips in another form give other rows."""
        other = fitted.transform(make_clips(3, ragged=not same_length, **changes))
        return not np.allclose(other, rows, rtol=0, atol=rtol * np.abs(rows).max())

    for dtype in ("float32", "float64"):
        _ensure(not differs(dtype=dtype), f"{name}: {dtype} and uint8 frames give other rows.")
    try:
        coloured = differs(colour=True)
    except ValueError:
        coloured = False
    _ensure(not coloured, f"{name}: RGB frames of equal channels and grey ones give other rows.")

    still = clips[0].replace(source=np.full(clips[0].frames.shape, 90, np.uint8))
    _ensure(np.isfinite(fitted.transform([still])).all(), f"{name}: a clip of one grey level.")
    _check_refusals(fitted, clips[0], name, landmarks, apex)


def _check_parameters(extractor: Any, name: str) -> None:
    params = extractor.get_params(deep=False)
    fresh = type(extractor)(**params)
    for key, value in params.items():
        _ensure(
            getattr(fresh, key) is value, f"{name}: __init__ must store {key} untouched, as it is."
        )
    again = clone(extractor)
    _ensure(repr(again.get_params(deep=False)) == repr(params), f"{name}: clone loses parameters.")
    again.set_params(**params)
    _ensure(again.get_params(deep=False) == params, f"{name}: set_params(**get_params()) differs.")


def _check_columns(fitted: Any, clips: list[Clip], rows: np.ndarray, name: str) -> None:
    names = list(fitted.get_feature_names_out())
    _ensure(len(names) == rows.shape[1], f"{name}: {len(names)} names for {rows.shape[1]} columns.")
    _ensure(len(set(names)) == len(names), f"{name}: feature names repeat.")
    if hasattr(fitted, "n_features"):
        _ensure(fitted.n_features == rows.shape[1], f"{name}: n_features is not the row's width.")
    copy = pickle.loads(pickle.dumps(fitted))
    _ensure(
        bool((copy.transform(clips) == rows).all()), f"{name}: a pickled copy gives other rows."
    )


def _check_rows(fitted: Any, clips: list[Clip], rows: np.ndarray, name: str) -> None:
    def same(a: np.ndarray, b: np.ndarray) -> bool:
        # To rounding: a matrix product may sum in another order for another number of rows.
        return a.shape == b.shape and np.allclose(a, b, rtol=0, atol=1e-9 * np.abs(rows).max())

    _ensure(same(fitted.transform(clips), rows), f"{name}: a second transform gives other rows.")
    _ensure(
        same(fitted.transform(clips[1:2]), rows[1:2]),
        f"{name}: a row changes when other clips are left out.",
    )
    _ensure(
        same(fitted.transform(clips[::-1]), rows[::-1]),
        f"{name}: rows change with the order of the clips.",
    )
    renamed = [clip.replace(id=f"other{i}") for i, clip in enumerate(clips)]
    _ensure(same(fitted.transform(renamed), rows), f"{name}: a row depends on the clip's id.")


def _check_fits(
    extractor: Any, clips: list[Clip], labels: list[str], rows: np.ndarray, name: str
) -> None:
    blind = clone(extractor).fit(clips, ["?"] * len(clips)).transform(clips)
    _ensure(bool((blind == rows).all()), f"{name}: rows depend on labels.")
    again = clone(extractor).set_output(transform="pandas").fit(clips, labels)
    frame = again.transform(clips)
    _ensure(
        list(frame.columns) == list(again.get_feature_names_out()),
        f"{name}: set_output('pandas') does not name the columns as get_feature_names_out does.",
    )
    _ensure((frame.to_numpy() == rows).all(), f"{name}: a second fit, to pandas, differs.")
    if not get_tags(extractor).requires_fit:
        unfitted = clone(extractor).transform(clips)
        _ensure(
            bool((unfitted == rows).all()), f"{name}: says it needs no fit, but differs without."
        )


def _check_refusals(
    fitted: Any, clip: Clip, name: str, landmarks: bool | None, apex: bool | None
) -> None:
    broken = clip.frames.astype(np.float32)
    broken[..., :, :] = np.where(np.eye(*broken.shape[1:3]) > 0, np.nan, broken)
    _ensure(
        _refuses(fitted, clip.replace(source=broken)),
        f"{name}: a clip with NaN pixels must raise a ValueError.",
    )
    single = Clip("single", clip.frames[:1], landmarks=clip.first_landmarks, apex=0)
    try:
        short = np.isfinite(fitted.transform([single])).all()
    except ValueError:
        short = True
    _ensure(short, f"{name}: a clip of one frame must raise a ValueError or give numbers.")
    for what, needed in (("landmarks", landmarks), ("apex", apex)):
        if needed is not None:
            ought = "raise a ValueError" if needed else "do"
            _ensure(
                _refuses(fitted, clip.replace(**{what: None})) is needed,
                f"{name}: a clip without {what} must {ought}.",
            )


def _refuses(fitted: Any, clip: Clip) -> bool:
    try:
        fitted.transform([clip])
    except ValueError as error:
        return bool(str(error))
    return False


def _moving_texture(rng: np.random.Generator, n_frames: int, shape: tuple[int, int]) -> np.ndarray:
    """Smooth texture with a bump that moves a pixel or two and back, in whole grey levels."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    waves = [(*rng.uniform(0.15, 0.6, 2), rng.uniform(0, 6), rng.choice([-1, 1])) for _ in range(6)]
    cx, cy = rng.uniform(0.3, 0.7, 2) * (shape[1], shape[0])
    bump = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (0.02 * shape[0] * shape[1]))
    way = rng.uniform(-1.5, 1.5, 2)
    frames = []
    for rise in np.sin(np.pi * np.arange(n_frames) / max(n_frames - 1, 1)):
        u, v = x - way[0] * rise * bump, y - way[1] * rise * bump
        frames.append(sum(np.sin(a * u + sign * b * v + c) for a, b, c, sign in waves))
    return np.round(127 + 18 * np.stack(frames))


def _ensure(condition: Any, message: str) -> None:
    # Not `assert`, which python -O leaves out.
    if not condition:
        raise AssertionError(message)
