"""What networks see: steps that turn each clip into one small array, before anything is learned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..clip import Clip, grey
from ..errors import BadInput
from ..features import FindApex, fft3d
from ..features.regions import region_squares
from ..flow import clip_flow, flow, strain
from ..preprocessing import EVM, AlignFace, FindLandmarks, OnsetMiddleApex, UniformSampling
from .engine_input import ENGINE_INPUTS, EngineInput
from .tensors import TensorStep, resized

__all__ = [
    "INPUTS",
    "Beside",
    "EngineInput",
    "FlowInput",
    "GreyInput",
    "PaddedInput",
    "SpectrumInput",
    "input_shape",
    "input_steps",
]

#: Names of the inputs, and what their numbers are, for :func:`~mebench.deep.augment`: grey
#: levels, flow and strain, amplitudes, or one of these brought to 0–1.
INPUTS = {
    "apex": "grey",
    "stack": "grey",
    "grey": "grey",
    "evm": "grey",
    "flow": "flow",
    "apex-flow": "flow",
    "spectrum": "spectrum",
    "three": "grey",
    "padded": "grey",
    "engine-magnified": "unit-grey",
    "engine-flow": "unit-flow",
    "engine-magnified-flow": "unit-flow",
    "engine-flow-lbp": "unit-flow",
    "engine-spectrum": "unit-spectrum",
}


def input_steps(
    name: str,
    size: int = 64,
    n_frames: int = 16,
    *,
    rois: bool | str = False,
    flow: str = "tvl1",
) -> list[Any]:
    """The steps from a clip to a network's input, registration of the face included.

    ``'apex'``
        The apex frame, ``(size, size, 1)`` grey levels.
    ``'stack'``
        Onset, the frame halfway, and apex as channels, ``(size, size, 3)``.
    ``'grey'``
        `n_frames` uniformly spaced frames, ``(n_frames, size, size, 1)``.
    ``'evm'``
        The same after Eulerian magnification of the registered face, at α 10, r₁ 0.47, r₂ 0.1,
        6 levels, λ 16.
    ``'flow'``
        Flow (u, v) and strain from the first to each other of `n_frames` uniformly spaced
        frames, ``(n_frames − 1, size, size, 3)``.
    ``'apex-flow'``
        Flow and strain from onset to apex, ``(size, size, 3)``.
    ``'spectrum'``
        Log amplitudes of block-wise 3D Fourier transforms, ``(5, size / 8, size / 8, 64)``.
    ``'three'``
        Onset, the frame halfway, and apex as a sequence, ``(3, size, size, 1)``.
    ``'padded'``
        The first `n_frames` frames, black ones behind the last of a shorter clip.
    ``'engine-magnified'``, ``'engine-flow'``, ``'engine-magnified-flow'``,
    ``'engine-flow-lbp'``, ``'engine-spectrum'``
        The five of Emotion Engine (:class:`EngineInput`), of faces registered at `size`; with
        eight frames whatever `n_frames` says.

    Parameters
    ----------
    name : str
        A name of :data:`INPUTS`.
    size : int, default 64
        Height and width in pixels (our choice).
    n_frames : int, default 16
        Of sequences (our choice).
    rois : bool or 'kato', default False
        Brows and eyes over nose and mouth instead of the full face, or the 15 regions of Kato et
        al. side by side; of grey inputs.
    flow : str, default 'tvl1'
        A name of :data:`mebench.flow.FLOWS`.

    Notes
    -----
    Where nobody annotated an apex, the middle frame stands for it.

    Examples
    --------
    >>> [type(step).__name__ for step in input_steps("apex-flow", 28)]
    ['FindLandmarks', 'AlignFace', 'FindApex', 'FlowInput']
    """
    if name not in INPUTS:
        raise BadInput(f"Unknown input {name!r}; there is {', '.join(INPUTS)}.")
    if rois and INPUTS[name] != "grey":
        raise BadInput(f"rois are of grey inputs, not of {name!r}.")
    face: list[Any] = [FindLandmarks()]
    if name.startswith("engine-"):
        what = name.removeprefix("engine-")
        # Only magnification needs the frames in between.
        few = [UniformSampling(8)] if what == "flow" else []
        crop = AlignFace(size=(size, size), width=2.9)
        return [*face, *few, crop, EngineInput(what, size)]
    if name in ("flow", "apex-flow"):
        # Flow is measured on faces of the usual size and shrunk afterwards.
        face.append(AlignFace(size=(170, 140)))
        if name == "flow":
            return [*face, UniformSampling(n_frames), FlowInput(size, "sequence", flow)]
        return [*face, FindApex(policy="middle"), FlowInput(size, "apex", flow)]
    if name == "spectrum":
        face += [UniformSampling(8), AlignFace(size=(224, 224), width=2.9)]
        return [*face, SpectrumInput(size // 8)]
    if name == "evm":
        # Before frames are dropped: the filters need the camera's rate.
        face += [AlignFace(size=(max(size, 64),) * 2, width=2.9), EVM(r1=0.47, r2=0.1)]
        return [*face, UniformSampling(n_frames), GreyInput(size, "sequence", rois)]
    crop = AlignFace(size=(2 * size,) * 2 if rois else (size, size), width=2.9)
    if name == "grey":
        return [*face, UniformSampling(n_frames), crop, GreyInput(size, "sequence", rois)]
    if name == "padded":
        return [*face, crop, PaddedInput(size, n_frames)]
    apex = FindApex(policy="middle")
    if name == "apex":
        return [*face, crop, apex, GreyInput(size, "apex", rois)]
    what = "stack" if name == "stack" else "sequence"
    return [*face, crop, apex, OnsetMiddleApex(), GreyInput(size, what, rois)]


def input_shape(name: str, size: int = 64, n_frames: int = 16) -> tuple[int, ...]:
    """Shape of one clip's input, as :func:`input_steps` gives it.

    Examples
    --------
    >>> input_shape("flow", 32, 9), input_shape("spectrum", 224)
    ((8, 32, 32, 3), (5, 28, 28, 64))
    """
    shapes: dict[str, tuple[int, ...]] = {
        "apex": (size, size, 1),
        "stack": (size, size, 3),
        "grey": (n_frames, size, size, 1),
        "evm": (n_frames, size, size, 1),
        "flow": (n_frames - 1, size, size, 3),
        "apex-flow": (size, size, 3),
        "spectrum": (5, size // 8, size // 8, 64),
        "three": (3, size, size, 1),
        "padded": (n_frames, size, size, 1),
        **{
            f"engine-{what}": (8 - (channels > 1), size, size, channels)
            for what, channels in ENGINE_INPUTS.items()
        },
    }
    if name not in shapes:
        raise BadInput(f"Unknown input {name!r}; there is {', '.join(INPUTS)}.")
    return shapes[name]


class GreyInput(TensorStep):
    """Grey levels of one frame, of three as channels, or of all, as uint8.

    Parameters
    ----------
    size : int, default 64
        Height and width.
    what : {'apex', 'stack', 'sequence'}, default 'sequence'
        The apex frame ``(size, size, 1)``; all frames as channels ``(size, size, T)``, behind
        :class:`~mebench.preprocessing.OnsetMiddleApex`; all frames ``(T, size, size, 1)``.
    rois : bool or 'kato', default False
        Brows and eyes in the upper half, nose and mouth in the lower, each cut out by the
        landmarks with a margin of a tenth of its width, instead of the full face. 'kato': the 15
        regions of :func:`mebench.features.regions.region_spans`, each the smallest square about
        its places with half an eye distance around them, in three rows of five (our choice).

    Examples
    --------
    >>> GreyInput(16).transform(np.zeros((2, 5, 32, 32), np.uint8)).shape
    (2, 5, 16, 16, 1)
    """

    def __init__(self, size: int = 64, what: str = "sequence", rois: bool | str = False) -> None:
        self.size = size
        self.what = what
        self.rois = rois

    def _check(self) -> None:
        if self.what not in ("apex", "stack", "sequence"):
            raise BadInput(f"what must be apex, stack or sequence, found {self.what!r}.")
        if self.rois not in (True, False, "kato"):
            raise BadInput(f"rois must be true, false or 'kato', found {self.rois!r}.")

    def _tensor(self, clip: Clip) -> np.ndarray:
        if self.what == "apex" and clip.apex is None:
            raise BadInput("it has no apex: put mebench.features.FindApex() in front.")
        apex = None if self.what != "apex" or clip.apex is None else [clip.apex]
        frames = grey(clip.read(apex))
        if self.rois:
            frames = self._rois(frames, clip.first_landmarks)
        frames = np.stack([resized(f, self.size, self.size) for f in frames])
        frames = np.clip(np.rint(frames), 0, 255).astype(np.uint8)
        return frames[..., None] if self.what == "sequence" else np.moveaxis(frames, 0, -1)

    def _rois(self, frames: np.ndarray, landmarks: np.ndarray | None) -> np.ndarray:
        if landmarks is None:
            raise BadInput("it has no landmarks to cut regions by: put FindLandmarks() in front.")
        if self.rois == "kato":
            return _tiled(frames, landmarks, self.size)
        half = self.size // 2
        parts: list[np.ndarray] = []
        for points in (landmarks[[*range(17, 27), *range(36, 48)]], landmarks[[*range(31, 36),
                       *range(48, 68)]]):  # fmt: skip
            low, high = points.min(0), points.max(0)
            margin = 0.1 * (high - low)[0]
            x0, y0 = np.maximum(np.floor(low - margin), 0).astype(int)
            x1, y1 = np.maximum(np.ceil(high + margin).astype(int), [x0 + 2, y0 + 2])
            cut = frames[:, y0:y1, x0:x1]
            if 0 in cut.shape:
                raise BadInput("its landmarks lie outside its frames.")
            height = half if not parts else self.size - half
            parts.append(np.stack([resized(f, height, self.size) for f in cut]))
        return np.concatenate(parts, axis=1)


def _tiled(frames: np.ndarray, landmarks: np.ndarray, size: int) -> np.ndarray:
    """The 15 regions of Kato et al. as one picture, three rows of five."""
    eyes = [landmarks[36:42].mean(0), landmarks[42:48].mean(0)]
    reach = float(np.linalg.norm(eyes[1] - eyes[0])) / 4
    rows, columns = (np.linspace(0, size, n + 1).astype(int) for n in (3, 5))
    out = np.zeros((len(frames), size, size), np.float32)
    for i, places in enumerate(region_squares("kato", landmarks)):
        centre = (places.min(0) + places.max(0)) / 2
        side = np.ptp(places, axis=0).max() / 2 + reach
        x0, y0 = np.clip(np.floor(centre - side), 0, None).astype(int)
        x1, y1 = np.ceil(centre + side).astype(int)
        cut = frames[:, y0 : max(y1, y0 + 2), x0 : max(x1, x0 + 2)]
        if 0 in cut.shape:
            raise BadInput("its landmarks lie outside its frames.")
        (top, bottom), (left, right) = rows[i // 5 :][:2], columns[i % 5 :][:2]
        for t, frame in enumerate(cut):
            out[t, top:bottom, left:right] = resized(frame, bottom - top, right - left)
    return out


class PaddedInput(TensorStep):
    """The first frames of a clip, black ones behind the last of a shorter one, as uint8.

    Parameters
    ----------
    size : int, default 224
        Height and width.
    n_frames : int, default 60

    Examples
    --------
    >>> found = PaddedInput(8, 4).transform(np.full((1, 3, 16, 16), 9, np.uint8))
    >>> found.shape, found[0, :, 0, 0, 0].tolist()
    ((1, 4, 8, 8, 1), [9, 9, 9, 0])
    """

    def __init__(self, size: int = 224, n_frames: int = 60) -> None:
        self.size = size
        self.n_frames = n_frames

    def _check(self) -> None:
        if self.n_frames < 1:
            raise BadInput(f"n_frames must be at least 1, found {self.n_frames}.")

    def _tensor(self, clip: Clip) -> np.ndarray:
        frames = grey(clip.frames)[: self.n_frames]
        out = np.zeros((self.n_frames, self.size, self.size, 1), np.uint8)
        for t, frame in enumerate(frames):
            out[t, ..., 0] = np.clip(np.rint(resized(frame, self.size, self.size)), 0, 255)
        return out


class FlowInput(TensorStep):
    """Flow (u, v) and optical strain, shrunk after they were measured, as float32.

    Parameters
    ----------
    size : int, default 28
        Height and width, as in STSTNet and OFF-ApexNet.
    what : {'apex', 'sequence'}, default 'apex'
        From onset to apex, ``(size, size, 3)``; or from the first frame to each other,
        ``(T − 1, size, size, 3)``.
    flow : str, default 'tvl1'
        A name of :data:`mebench.flow.FLOWS`.

    Notes
    -----
    Vectors stay in pixels of the clip's own frames.

    Examples
    --------
    >>> FlowInput(8, "sequence", "farneback").transform(np.zeros((1, 5, 32, 32), np.uint8)).shape
    (1, 4, 8, 8, 3)
    """

    def __init__(self, size: int = 28, what: str = "apex", flow: str = "tvl1") -> None:
        self.size = size
        self.what = what
        self.flow = flow

    def _check(self) -> None:
        if self.what not in ("apex", "sequence"):
            raise BadInput(f"what must be apex or sequence, found {self.what!r}.")

    def _tensor(self, clip: Clip) -> np.ndarray:
        if self.what == "apex":
            if clip.apex is None:
                raise BadInput("it has no apex: put mebench.features.FindApex() in front.")
            first, last = grey(clip.read([clip.onset, clip.apex]))
            field = flow(first, last, self.flow)[None]
        else:
            field = clip_flow(grey(clip.frames), self.flow)
        both = np.concatenate([field, strain(field)[..., None]], axis=-1)
        small = np.stack([resized(f, self.size, self.size) for f in both])
        return small[0] if self.what == "apex" else small


class SpectrumInput(TensorStep):
    """Block-wise 3D Fourier amplitudes, ``(5, blocks, blocks, 64)`` float32.

    Logarithms of 1 + amplitude of :func:`mebench.features.fft3d`. The axes are the frequency
    over time (0 … 4 eighths; the others repeat these), rows and columns of blocks, and the 64
    frequencies over height and width. So a network slides over frequencies where it would slide
    over frames.

    Parameters
    ----------
    blocks : int, default 28
        Rows and columns; with fewer than 28, each gives the mean amplitudes of those it holds.

    References
    ----------
    Davidov et al., "Emotion Engine – Micro-Expression Recognition with Deep Learning",
    University of Oulu, for the spectrum; how it is laid out is a reconstruction.

    Examples
    --------
    >>> SpectrumInput(4).transform(np.zeros((1, 8, 32, 32), np.uint8)).shape
    (1, 5, 4, 4, 64)
    """

    def __init__(self, blocks: int = 28) -> None:
        self.blocks = blocks

    def _check(self) -> None:
        if not 1 <= self.blocks <= 28:
            raise BadInput(f"blocks must be between 1 and 28, found {self.blocks}.")

    def _tensor(self, clip: Clip) -> np.ndarray:
        n = self.blocks
        found = fft3d(clip.frames, regions=(n, n), scale="none", white=1).reshape(n, n, 8, 64)
        return np.moveaxis(found[:, :, :5], 2, 0).astype(np.float32)


class Beside(TensorStep):
    """A network's input and handcrafted features of the same clip, in one row.

    The input comes first, flattened; :class:`~mebench.deep.CNNFeatures` with its ``shape`` set
    takes it off again and hands the features behind it through.

    Parameters
    ----------
    tensor : transformer
        Such as :class:`FlowInput`; learns nothing.
    features : sequence of transformers
        Extractors or pipelines that end in one; learn nothing.

    Examples
    --------
    >>> from mebench.features import HOOF
    >>> step = Beside(GreyInput(8), [HOOF(regions=(2, 2), bins=8)])
    >>> step.transform(np.zeros((1, 3, 32, 32), np.uint8)).shape  # 3 · 8 · 8 + 2 · 2 · 8
    (1, 224)
    """

    def __init__(self, tensor: Any, features: Sequence[Any] = ()) -> None:
        self.tensor = tensor
        self.features = features

    def _tensor(self, clip: Clip) -> np.ndarray:
        parts = [self.tensor.transform([clip])[0]]
        parts += [np.asarray(f.transform([clip]))[0] for f in self.features]
        return np.concatenate([np.asarray(p, np.float32).ravel() for p in parts])
