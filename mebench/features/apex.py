"""Which frame is the apex, where nobody annotated it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numba import njit
from scipy import fft

from ..base import ClipStep
from ..clip import Clip, grey
from ..errors import BadInput
from ..flow import clip_flow, strain
from .regions import block_edges

__all__ = ["FindApex", "frequency_strength", "strain_strength"]

#: The policies, and what they give in words.
_POLICIES = {
    "middle": "the middle frame",
    "fft": "the frame where the texture changes most quickly (3D-FFT)",
    "strain": "the frame of most optical strain",
}


class FindApex(ClipStep):
    """Give clips without an annotated apex a frame that stands for it.

    Parameters
    ----------
    policy : {'middle', 'fft', 'strain'}, default 'middle'
        The frame halfway between onset and offset; the frame about which the picture's
        texture changes most quickly (:func:`frequency_strength`); or the frame with the most
        optical strain since the onset (:func:`strain_strength`).
    replace : bool, default False
        Put it also in the place of an annotated apex.
    params : dict, optional
        For the function of the policy, such as ``{"window": 31}``.

    See Also
    --------
    frequency_strength : A curve of change that one of its policies follows.
    strain_strength : The curve that another follows.
    mebench.preprocessing.OnsetMiddleApex : Frames by these marks.

    Notes
    -----
    Only frames from onset to offset are looked at. Under 'fft', `window` is 0.305 s by
    default, the authors' 61 frames at 200 frames per second, or 61 where the rate is unknown.

    Examples
    --------
    >>> clips = FindApex().transform([Clip("a", np.zeros((9, 20, 20)), onset=2)])
    >>> clips[0].apex
    5
    """

    version = 1

    def __init__(
        self, policy: str = "middle", replace: bool = False, params: dict[str, Any] | None = None
    ) -> None:
        self.policy = policy
        self.replace = replace
        self.params = params

    def _check(self) -> None:
        if self.policy not in _POLICIES:
            raise BadInput(f"policy must be one of {', '.join(_POLICIES)}, found {self.policy!r}.")
        if self.policy == "middle" and self.params:
            raise BadInput(f"The policy 'middle' takes no params, found {self.params!r}.")

    def _clip(self, clip: Clip) -> Clip:
        return self.attach(clip, self.measure(clip))

    def measure(self, clip: Clip) -> np.ndarray:
        """The index of the apex frame, ``(1,)``."""
        self._check()
        if clip.apex is not None and not self.replace:
            return np.array([clip.apex])
        last = len(clip) - 1 if clip.offset is None else clip.offset
        if last < clip.onset:
            raise BadInput(f"Clip {clip.id!r}: the offset {last} lies before {clip.onset}.")
        if self.policy == "middle" or last == clip.onset:
            return np.array([(clip.onset + last) // 2])
        frames = clip.read(range(clip.onset, last + 1))
        params = dict(self.params or {})
        try:
            if self.policy == "strain":
                strength = strain_strength(frames, **params)
            else:
                if clip.fps is not None:
                    params.setdefault("window", 2 * int(0.305 * clip.fps / 2) + 1)
                strength = frequency_strength(frames, **params)
        except BadInput as error:
            raise BadInput(f"Clip {clip.id!r}: {error}") from error
        return np.array([clip.onset + int(strength.argmax())])

    def attach(self, clip: Clip, measured: np.ndarray) -> Clip:
        """The clip with the apex that :meth:`measure` found."""
        return clip.replace(apex=int(measured[0]))

    def note(self, clips: Sequence[Clip]) -> str:
        """What a reader of a score must know: whose apex is annotated, and what the others get.

        Examples
        --------
        >>> video = np.zeros((9, 20, 20))
        >>> FindApex("strain").note([Clip("a", video, apex=3), Clip("b", video)])
        'apex: annotated in 1 clip(s), the frame of most optical strain in 1'
        """
        annotated = 0 if self.replace else sum(clip.apex is not None for clip in clips)
        other = len(clips) - annotated
        return f"apex: annotated in {annotated} clip(s), {_POLICIES[self.policy]} in {other}"


def strain_strength(
    video: np.ndarray,
    *,
    flow: str = "farneback",
    flow_params: dict[str, Any] | None = None,
    border: float = 0.125,
) -> np.ndarray:
    """Mean optical strain of each frame against the first.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``
        From the onset on, the face only.
    flow : str, default 'farneback'
        By name (:func:`mebench.flow.flow`); our choice.
    flow_params : dict, optional
    border : float in [0, 0.5), default 0.125
        Share of the frame's height and width that does not count at each side: where the head
        drifts, pixels come in there that the first frame does not show (our choice).

    Returns
    -------
    ndarray of float64 ``(T,)``, the first being 0

    See Also
    --------
    frequency_strength : A curve of texture.
    FindApex : Puts its largest value down as the apex.

    Examples
    --------
    >>> y, x = np.mgrid[:64, :64]
    >>> bump = np.exp(-((x - 32) ** 2 + (y - 32) ** 2) / 200)
    >>> video = [128 + 60 * np.sin((x - s * bump) / 5) * np.cos(y / 6) for s in (0, 1, 2, 1)]
    >>> int(strain_strength(np.stack(video)).argmax())
    2
    """
    if not 0 <= border < 0.5:
        raise BadInput(f"border must be at least 0 and below 0.5, found {border}.")
    fields = clip_flow(grey(np.asarray(video)), flow, **(flow_params or {}))
    y, x = (int(border * n) for n in fields.shape[1:3])
    inner = (slice(y, fields.shape[1] - y), slice(x, fields.shape[2] - x))
    return np.concatenate([[0.0], [strain(f)[inner].mean(dtype=np.float64) for f in fields]])


def frequency_strength(
    video: np.ndarray,
    *,
    window: int = 61,
    blocks: tuple[int, int] = (6, 6),
    cutoff: float | None = None,
) -> np.ndarray:
    """How much of the texture about each frame lies at high frequencies of space and time.

    Each frame becomes a map of local binary patterns. In each of its blocks, the `window`
    frames about a frame are Fourier transformed over time, height and width, and the
    amplitudes at least `cutoff` away from frequency zero are summed, over all blocks.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``
    window : int, default 61
        Odd; 61 frames are the authors' for the 200 frames per second of CASME II. Beyond the
        ends the first and last frame are repeated.
    blocks : (rows, columns), default (6, 6)
    cutoff : float, optional
        In steps of the discrete frequencies. Default: (window + 1) / 2, as in the authors'
        code.

    Returns
    -------
    ndarray of float64 ``(T,)``

    Raises
    ------
    BadInput
        An even window, frames smaller than the blocks, or no frequency beyond the cutoff.

    See Also
    --------
    strain_strength : A curve of optical strain.
    FindApex : Puts its largest value down as the apex.

    Notes
    -----
    Meant for clips that are longer than the window, such as those with frames before the
    onset and after the offset. About a clip that is shorter, mostly repeated frames are seen.

    The authors' code means to sum the strongest blocks only, and by a slip compares places in
    a sorted list with ranks; here, as in their text, all count. Patterns have 8 neighbours at
    radius 1 (our choice). Amplitudes of a sliding window follow from those before it,
    exactly, so a frame costs no new transform over time.

    References
    ----------
    Y. Li, X. Huang and G. Zhao, "Can Micro-Expression be Recognized Based on Single Apex
    Frame?", ICIP 2018.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> video = np.repeat(rng.integers(0, 256, (1, 26, 26)), 15, axis=0)
    >>> video[9:12] = rng.integers(0, 256, (3, 26, 26))  # still, but for frames 9 to 11
    >>> int(frequency_strength(video.astype(np.uint8), window=3, blocks=(2, 2)).argmax())
    10
    """
    if window < 1 or window % 2 == 0:
        raise BadInput(f"window must be an odd number of frames, found {window}.")
    codes = _patterns(grey(np.asarray(video)))
    cutoff = (window + 1) / 2 if cutoff is None else cutoff
    rows, columns = (block_edges(0, n, b) for n, b in zip(codes.shape[1:], blocks, strict=True))
    times = fft.fftfreq(window, 1 / window)
    strength, any_kept = np.zeros(len(codes)), False
    for y0, y1 in pairwise(rows):
        for x0, x1 in pairwise(columns):
            height, width = y1 - y0, x1 - x0
            ky, kx = fft.fftfreq(height, 1 / height)[:, None], np.arange(width // 2 + 1)
            # Frequencies (t, y, x) and their negatives have one amplitude; half of x will do.
            twice = np.where((kx > 0) & (2 * kx < width), 2.0, 1.0) + 0 * ky
            square = (ky**2 + kx**2).ravel()
            used = square + (window // 2) ** 2 >= cutoff**2
            any_kept |= bool(used.any())
            spectra = fft.rfft2(codes[:, y0:y1, x0:x1].astype(np.float64))
            spectra = np.ascontiguousarray(spectra.reshape(len(codes), -1)[:, used].T)
            _slide(spectra, square[used], twice.ravel()[used], times, cutoff**2, strength)
    if not any_kept:
        raise BadInput(
            f"No frequency of a block of {codes.shape[2] // blocks[1]}×"
            f"{codes.shape[1] // blocks[0]} pixels and {window} frames lies beyond the cutoff of "
            f"{cutoff}: use larger frames, fewer blocks, a shorter window or a lower cutoff."
        )
    return strength


def _patterns(video: np.ndarray) -> np.ndarray:
    """Codes of 8 neighbours at radius 1, ``(T, H - 2, W - 2)`` of uint8."""
    if video.ndim != 3 or min(video.shape) < 1 or min(video.shape[1:]) < 3:
        raise BadInput(f"Expected frames (T, H, W) of 3×3 pixels or more, found {video.shape}.")
    if not np.isfinite(video).all():
        raise BadInput("The clip has pixels that are not finite numbers.")
    _, height, width = video.shape
    codes = np.zeros((len(video), height - 2, width - 2), np.uint8)
    around = [(1, 2), (0, 2), (0, 1), (0, 0), (1, 0), (2, 0), (2, 1), (2, 2)]
    for bit, (y, x) in enumerate(around):
        neighbour = video[:, y : y + height - 2, x : x + width - 2]
        codes |= (neighbour >= video[:, 1:-1, 1:-1]).astype(np.uint8) << np.uint8(bit)
    return codes


@njit(cache=True, nogil=True)
def _slide(spectra, square, factor, times, cutoff, strength):  # type: ignore[no-untyped-def]
    n, frames = spectra.shape
    window = len(times)
    half = window // 2
    turns = np.exp(2j * np.pi * times / window)
    for i in range(n):
        series = spectra[i]
        for k in range(window):
            if times[k] ** 2 + square[i] < cutoff:
                continue
            # The window about frame 0, its first half the first frame repeated.
            total = 0j
            for w in range(window):
                at = min(max(w - half, 0), frames - 1)
                total += series[at] * np.exp(-2j * np.pi * times[k] * w / window)
            strength[0] += factor[i] * abs(total)
            for t in range(1, frames):
                leaves = series[max(t - 1 - half, 0)]
                enters = series[min(t + half, frames - 1)]
                total = (total + enters - leaves) * turns[k]
                strength[t] += factor[i] * abs(total)
