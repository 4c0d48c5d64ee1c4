"""3D-FFT: spectra of small space-time blocks."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from scipy import fft

from ..base import Extractor
from ..clip import Clip, grey
from ..errors import BadInput
from ..preprocessing.temporal import uniform_indices
from .directions import warn_of_empty
from .regions import Regions, region_names, region_spans

__all__ = ["FFT3D", "fft3d"]

_BLOCK = 8  # frames, rows and columns
_SIZE = 224


def fft3d(
    video: np.ndarray,
    landmarks: np.ndarray | None = None,
    *,
    regions: Regions = (28, 28),
    amplitude: str = "end",
    log: bool = True,
    scale: str = "block",
    white: float = 255.0,
    dc: bool = True,
    half: bool = False,
) -> np.ndarray:
    """Block-wise 3D Fourier spectra of one clip.

    Eight uniformly spaced frames, resized to 224 × 224 pixels, are cut into 28 × 28 blocks of
    8 × 8 × 8 values, and each block is replaced by the amplitudes of its Fourier transform
    over time, width and height: their logarithms, brought to 0–1 in each block. By default
    everything is as in the authors' code, which does this to magnified clips
    (:class:`mebench.preprocessing.EVM`).

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``
        Frames repeat where there are fewer than eight.
    landmarks : ndarray ``(68, 2)``, optional
        (x, y) of the first frame; needed by landmark regions.
    regions : (rows, columns) or str, default (28, 28)
        28 × 28 keeps every block. With fewer rows and columns, or landmark regions
        (:func:`~.regions.region_spans`), a region gives the mean amplitudes of the blocks
        whose centre pixel, the fifth of eight each way, it holds.
    amplitude : {'end', 'staged'}, default 'end'
        Complex numbers throughout and their amplitude at the end, as in the authors' code; or
        amplitudes taken after each of the three one-dimensional transforms (time, width,
        height), as their prose could be read.
    log : bool, default True
        log(1 + amplitude), as in the authors' code.
    scale : {'block', 'none'}, default 'block'
        Each block's 512 values less the smallest, divided by the largest (min–max), as in the
        authors' code; a block of one value everywhere gives zeros, where that gives no number.
    white : float, default 255
        The grey level that counts as 1: the authors' frames go from 0 to 1, and a logarithm
        depends on it. 1 takes grey levels as they are.
    dc : bool, default True
        Keep each block's amplitude at frequency zero, its mean brightness.
    half : bool, default False
        Leave out amplitudes that repeat another, as in all spectra of real numbers: 260 of 512
        stay under 'end', 125 under 'staged'.

    Returns
    -------
    ndarray of float64 ``(n_regions · n_amplitudes,)``
        Ordered by region, then frequency over time, height and width, each 0 … 7 in units
        of 1/8. By default 784 · 512 = 401 408 values, 3.2 MB per clip.

    Raises
    ------
    BadInput
        No frames, pixels not finite, more rows or columns than blocks, landmarks missing,
        unknown options.

    See Also
    --------
    mebench.preprocessing.EVM : Magnification, which comes first in the source.
    frequency_strength : Another 3D transform, of texture codes, that finds the apex.

    References
    ----------
    Davidov et al., "Emotion Engine – Micro-Expression Recognition with Deep Learning",
    University of Oulu, and its code, github.com/littlemicrowave/ME-based-emotion-classifier.

    Examples
    --------
    A still clip has no amplitude at any other frequency over time than 0, and brightness has
    the largest:

    >>> still = np.tile(np.random.default_rng(0).integers(0, 256, (1, 224, 224)), (8, 1, 1))
    >>> spectra = fft3d(still.astype(np.uint8)).reshape(784, 8, 8, 8)
    >>> spectra.shape, bool(spectra[:, 1:].max() < 1e-9), float(spectra[:, 0, 0, 0].min())
    ((784, 8, 8, 8), True, 1.0)
    """
    if amplitude not in ("end", "staged"):
        raise BadInput(f"amplitude must be 'end' or 'staged', found {amplitude!r}.")
    if scale not in ("block", "none"):
        raise BadInput(f"scale must be 'block' or 'none', found {scale!r}.")
    if not white > 0:
        raise BadInput(f"white must be a grey level above 0, found {white!r}.")
    video = np.asarray(video)
    if video.ndim not in (3, 4) or len(video) == 0:
        raise BadInput(f"Expected frames (T, H, W), at least one, found shape {video.shape}.")
    video = grey(video[uniform_indices(len(video), _BLOCK)])
    spectra = _spectra(_resized(video) / white, amplitude)
    if log:
        spectra = np.log1p(spectra)
    if scale == "block":
        low = spectra.min(axis=-1, keepdims=True)
        span = spectra.max(axis=-1, keepdims=True) - low
        spectra = np.divide(spectra - low, span, out=np.zeros_like(spectra), where=span > 0)
    spectra = spectra[..., _kept(amplitude, dc, half)]
    if not isinstance(regions, str) and tuple(regions) == spectra.shape[:2]:
        return spectra.ravel()
    return _pooled(spectra, regions, video.shape[1:], landmarks).ravel()


def _resized(video: np.ndarray) -> np.ndarray:
    """``(8, 224, 224)`` float64."""
    if video.shape[1:] == (_SIZE, _SIZE):
        out = video
    else:
        shrinks = min(video.shape[1:]) > _SIZE
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        video = video.astype(np.float32)
        out = np.stack([cv2.resize(f, (_SIZE, _SIZE), interpolation=how) for f in video])
    out = out.astype(np.float64)
    if not np.isfinite(out).all():
        raise BadInput("The clip has pixels that are not finite numbers.")
    return out


def _spectra(video: np.ndarray, amplitude: str) -> np.ndarray:
    """Amplitudes ``(28, 28, 512)`` of the blocks of an ``(8, 224, 224)`` video."""
    n = _SIZE // _BLOCK
    # Block row, block column, then time, height and width inside the block.
    blocks = video.reshape(_BLOCK, n, _BLOCK, n, _BLOCK).transpose(1, 3, 0, 2, 4)
    if amplitude == "end":
        out = np.abs(fft.fftn(blocks, axes=(2, 3, 4)))
    else:
        out = blocks
        for axis in (2, 4, 3):
            out = np.abs(fft.fft(out, axis=axis))
    return out.reshape(n, n, -1)


def _kept(amplitude: str, dc: bool, half: bool) -> np.ndarray:
    """Which of a block's 512 amplitudes stay, as indices."""
    index = np.indices((_BLOCK,) * 3).reshape(3, -1)
    kept = np.arange(index.shape[1])
    if half and amplitude == "end":
        # The amplitude at k is that at −k: the one with the smaller index stays.
        mirrored = np.ravel_multi_index(tuple(-index % _BLOCK), (_BLOCK,) * 3)
        kept = np.flatnonzero(mirrored >= kept)
    elif half:
        # Each stage is a transform of real numbers, symmetric in its own frequency.
        kept = np.flatnonzero((index <= _BLOCK // 2).all(axis=0))
    return kept if dc else kept[1:]


def _pooled(
    spectra: np.ndarray,
    regions: Regions,
    shape: tuple[int, ...],
    landmarks: np.ndarray | None,
) -> np.ndarray:
    """Mean spectrum per region, ``(n_regions, n_amplitudes)``."""
    n = len(spectra)
    n_regions = len(region_names(regions))
    if isinstance(regions, str):
        scale = np.array([_SIZE / shape[1], _SIZE / shape[0]])
        points = None if landmarks is None else (np.asarray(landmarks) + 0.5) * scale - 0.5
        spans = region_spans(regions, (_SIZE, _SIZE), points)
        at = np.arange(n) * _BLOCK + _BLOCK // 2
    else:
        spans, at = region_spans(regions, (n, n), None), np.arange(n)
    out = np.zeros((n_regions, spectra.shape[2]))
    count = np.zeros(n_regions, int)
    for region, y, start, stop in spans[np.isin(spans[:, 1], at)]:
        inside = spectra[np.searchsorted(at, y), (at >= start) & (at < stop)]
        out[region] += inside.sum(axis=0)
        count[region] += len(inside)
    warn_of_empty(np.flatnonzero(count)[:, None], n_regions)
    return out / np.maximum(count, 1)[:, None]


class FFT3D(Extractor):
    """3D-FFT as a transformer; see :func:`fft3d` for the parameters and the reference.

    See Also
    --------
    fft3d : The function of one clip.

    Notes
    -----
    With the default 401 408 features, 250 clips take 0.8 GB; ``half=True`` halves that.

    Examples
    --------
    >>> FFT3D().n_features, FFT3D(half=True, dc=False).n_features
    (401408, 203056)
    >>> FFT3D(regions=(2, 2)).fit_transform(np.zeros((1, 9, 32, 32), np.uint8)).shape
    (1, 2048)
    """

    version = 2

    def __init__(
        self,
        regions: Regions = (28, 28),
        amplitude: str = "end",
        log: bool = True,
        dc: bool = True,
        half: bool = False,
        scale: str = "block",
        white: float = 255.0,
    ) -> None:
        self.regions = regions
        self.amplitude = amplitude
        self.log = log
        self.scale = scale
        self.white = white
        self.dc = dc
        self.half = half

    def _row(self, clip: Clip) -> np.ndarray:
        kept = uniform_indices(len(clip), _BLOCK).tolist()
        params: dict[str, Any] = self.get_params()
        return fft3d(clip.read(kept), clip.first_landmarks, **params)

    def _names(self) -> list[str]:
        kept = _kept(self.amplitude, self.dc, self.half)
        frequencies = [
            f"f{t},{y},{x}" for t, y, x in zip(*np.unravel_index(kept, (_BLOCK,) * 3), strict=True)
        ]
        return [f"{region}_{f}" for region in region_names(self.regions) for f in frequencies]

    @property
    def n_features(self) -> int:
        """Width of a row, without writing out all its names."""
        kept = _kept(self.amplitude, self.dc, self.half)
        return len(region_names(self.regions)) * len(kept)
