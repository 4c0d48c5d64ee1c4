"""The five inputs of Emotion Engine, as its authors' public notebooks make them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from skimage.feature import local_binary_pattern

from ..clip import Clip, grey
from ..errors import BadInput
from ..flow import strain
from ..flow.dense import farneback
from ..preprocessing import magnify
from ..preprocessing.temporal import uniform_indices
from .tensors import TensorStep, resized

__all__ = ["ENGINE_INPUTS", "EngineInput", "block_spectrum"]

#: What :class:`EngineInput` makes, and the channels of it.
ENGINE_INPUTS = {"magnified": 1, "flow": 3, "magnified-flow": 3, "flow-lbp": 4, "spectrum": 1}
_BLOCK = 8


class EngineInput(TensorStep):
    """Eight magnified frames, their spectrum, or seven fields of flow and strain; all in 0–1.

    ``'magnified'``
        Eulerian magnification of the whole clip, then `n_frames` uniformly spaced frames,
        ``(8, size, size, 1)``.
    ``'flow'``
        `n_frames` uniformly spaced frames, and Farnebäck's flow (0.5, 4, 15, 4, 5, 1.2) between
        each and the next, with its strain: ``(7, size, size, 3)``. Each channel of each field
        goes from 0 to 1 over the picture. The strain takes rows for x, as the library they
        used does (:func:`mebench.flow.strain` with ``'meb'``), and so grows under rotation.
    ``'magnified-flow'``
        The same of the magnified frames.
    ``'flow-lbp'``
        'flow', and as a fourth channel uniform LBP (8 neighbours at 1 pixel, not invariant to
        rotation) of the first seven magnified frames, each over its maximum. The last of eight is
        left out, so that the patterns run a frame behind the flow.
    ``'spectrum'``
        'magnified' in blocks of 8 × 8 × 8, each replaced by the logarithm of 1 + the amplitudes
        of its Fourier transform, from 0 to 1 within the block (:func:`block_spectrum`).

    Parameters
    ----------
    what : str, default 'flow'
    size : int, default 224
        Height and width, to which frames are brought first.
    n_frames : int, default 8
    alpha : float, default 15
        Of the magnification; the notebooks have 15, the report says 10. Its other parameters are
        theirs: r₁ 0.47, r₂ 0.1, 6 levels, λ 16.
    layout : {'in-place', 'as-coded'}, default 'in-place'
        Of the spectrum, see :func:`block_spectrum`.

    Notes
    -----
    Where a channel is constant its range is empty, and it is 0 (the notebooks divide by 0).
    Frames repeat where there are fewer than `n_frames`. The magnification is
    :func:`mebench.preprocessing.magnify`, clipped to 0–1; the port that the authors used gives its
    gains to the levels in another order and adds the change to the first frame.

    References
    ----------
    Davidov et al., "Emotion Engine – Micro-Expression Recognition with Deep Learning",
    University of Oulu, and the authors' notebooks (littlemicrowave/ME-based-emotion-classifier).

    Examples
    --------
    >>> EngineInput("flow-lbp", size=32).transform(np.zeros((1, 9, 40, 40), np.uint8)).shape
    (1, 7, 32, 32, 4)
    """

    flow = "farneback"  # whose digits cached results are keyed by

    def __init__(
        self,
        what: str = "flow",
        size: int = 224,
        n_frames: int = 8,
        alpha: float = 15,
        layout: str = "in-place",
    ) -> None:
        self.what = what
        self.size = size
        self.n_frames = n_frames
        self.alpha = alpha
        self.layout = layout

    def _check(self) -> None:
        if self.what not in ENGINE_INPUTS:
            raise BadInput(f"what must be one of {', '.join(ENGINE_INPUTS)}, found {self.what!r}.")
        if self.what == "spectrum" and (self.size % _BLOCK or self.n_frames != _BLOCK):
            raise BadInput(
                f"A spectrum takes 8 frames whose sides are multiples of 8, found {self.n_frames} "
                f"frames and {self.size} pixels."
            )

    def _tensor(self, clip: Clip) -> np.ndarray:
        frames = np.stack([resized(f, self.size, self.size) for f in grey(clip.frames)])
        frames = np.clip(np.rint(frames), 0, 255).astype(np.uint8)
        at = uniform_indices(len(frames), self.n_frames)
        if self.what == "flow":
            return _fields(frames[at])
        wide = magnify(frames.astype(np.float32) / 255, self.alpha, 16, 0.47, 0.1, 6)
        magnified = np.clip(wide[at], 0, 1)
        if self.what == "magnified":
            return magnified[..., None]
        if self.what == "spectrum":
            return block_spectrum(magnified, self.layout)[..., None].astype(np.float32)
        levels = (magnified * 255).astype(np.uint8)  # cut, not rounded, as in the notebooks
        if self.what == "magnified-flow":
            return _fields(levels)
        return np.concatenate([_fields(frames[at]), _patterns(levels[:-1])[..., None]], axis=-1)


def block_spectrum(video: np.ndarray, layout: str = "in-place") -> np.ndarray:
    """Amplitudes of the Fourier transform of each block of 8 × 8 × 8 values.

    Parameters
    ----------
    video : ndarray ``(8, H, W)``
        H and W multiples of 8.
    layout : {'in-place', 'as-coded'}, default 'in-place'
        'in-place' puts each block where it came from, as the authors describe it. 'as-coded' is
        what their code does: the blocks one after the other, so that a block of 8 × 8 lies in 64
        consecutive values of a row and the picture of the face is gone. The first kernel of the
        network, of 8 × 8, then sees parts of 3.5 blocks instead of one.

    Returns
    -------
    ndarray of float64 ``(8, H, W)``
        log(1 + amplitude), from 0 to 1 within each block.

    Examples
    --------
    >>> still = np.ones((8, 16, 8))
    >>> found = block_spectrum(still)
    >>> found.shape, found[0, ::8, 0].tolist(), int(found.sum())
    ((8, 16, 8), [1.0, 1.0], 2)
    """
    video = np.asarray(video)
    if video.ndim != 3 or len(video) != _BLOCK or any(n % _BLOCK for n in video.shape):
        raise BadInput(f"Expected (8, H, W), H and W multiples of 8, found {video.shape}.")
    if layout not in ("in-place", "as-coded"):
        raise BadInput(f"layout must be in-place or as-coded, found {layout!r}.")
    t, height, width = video.shape
    blocks = video.reshape(t, height // 8, 8, width // 8, 8).transpose(1, 3, 0, 2, 4)
    amplitudes = np.log1p(np.abs(np.fft.fftn(blocks, axes=(2, 3, 4))))
    scaled = _between(amplitudes, (2, 3, 4))
    order = (2, 0, 3, 1, 4) if layout == "in-place" else (2, 0, 1, 3, 4)
    return scaled.transpose(order).reshape(t, height, width)


def _fields(frames: np.ndarray) -> np.ndarray:
    """Flow from each frame to the next, and its strain, ``(T − 1, H, W, 3)`` in 0–1."""
    flows = np.stack([
        farneback(a, b, levels=4, iterations=4)
        for a, b in pairwise(frames)
    ])  # fmt: skip
    both = np.concatenate([flows, strain(flows, "meb")[..., None]], axis=-1)
    return _between(both, (1, 2)).astype(np.float32)


def _patterns(frames: np.ndarray) -> np.ndarray:
    codes = [local_binary_pattern(frame, 8, 1.0, "nri_uniform") for frame in frames]
    return np.stack([code / max(code.max(), 1) for code in codes]).astype(np.float32)


def _between(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    low, high = x.min(axes, keepdims=True), x.max(axes, keepdims=True)
    return (x - low) / np.where(high > low, high - low, 1)
