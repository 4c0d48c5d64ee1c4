"""A clip's frames and their truth, from its plan."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np

from ..errors import BadInput, DataNotFound
from .camera import View, canvas_of, nodes, shot
from .corpus import Plan
from .face import CANVAS, FACE_WIDTH, LANDMARKS, MIRROR, Identity, make_identity
from .lens import inverted
from .motion import course, displacement, displacements, unit_bumps

__all__ = ["Truth", "load_truth", "register", "render_clip", "true_flow"]


@dataclass(frozen=True, eq=False)
class Truth:
    """What is known about a clip because it was made.

    Attributes
    ----------
    plan : dict
        The plan of the clip, field by field.
    size : tuple of int
        Width and height of the frames.
    onset, apex, offset : int
        Indices into the frames.
    landmarks : ndarray (T, 68, 2) float32
        Points (x, y) in every frame, blinks, twitches and head movement included.
    pose : ndarray (T, 2, 3) float64
        Affine map from the canvas on which the face lives to the frame.
    bumps : ndarray (K, 6) float64
        Centre, radii and displacement of each Gaussian bump on the canvas, see
        :func:`mebench.synthetic.motion.displacement`.
    movement : ndarray (K,) int64
        The movement that each bump belongs to.
    courses : ndarray (n_movements, T) float64
        Intensity of each movement in each frame.
    """

    plan: dict[str, Any]
    size: tuple[int, int]
    onset: int
    apex: int
    offset: int
    landmarks: np.ndarray
    pose: np.ndarray
    bumps: np.ndarray
    movement: np.ndarray
    courses: np.ndarray

    def bumps_at(self, frame: int) -> np.ndarray:
        """The bumps with their displacements in this frame, ``(K, 6)``."""
        bumps = self.bumps.copy()
        bumps[:, 4:] *= self.courses[self.movement, frame][:, None]
        return bumps

    def save(self, path: str | os.PathLike[str], **more: Any) -> None:
        """Write as ``.npz`` (never pickled), with any further arrays, and the flow at the apex.

        ``apex_flow`` is float16, taken at the middles of 8 × 8 px squares.
        """
        width, height = self.size
        x, y = np.meshgrid(np.arange(3.5, width, 8), np.arange(3.5, height, 8))
        flow = _flow_at(self, np.stack([x, y], -1), self.apex, head=True)
        arrays: dict[str, Any] = {name: getattr(self, name) for name in _ARRAYS}
        arrays["size"] = np.array(self.size)
        arrays["marks"] = np.array([self.onset, self.apex, self.offset])
        arrays["plan"] = np.array(json.dumps(self.plan))
        arrays["apex_flow"] = flow.astype(np.float16)
        np.savez(path, **arrays, **more)


_ARRAYS = ("landmarks", "pose", "bumps", "movement", "courses")


def load_truth(path: str | os.PathLike[str]) -> Truth:
    """Read what :meth:`Truth.save` wrote.

    Raises
    ------
    DataNotFound
        There is no such file.
    BadInput
        The file is not a truth file.
    """
    if not os.path.exists(path):
        raise DataNotFound(f"The truth file {path} does not exist.")
    try:
        with np.load(path, allow_pickle=False) as file:
            onset, apex, offset = map(int, file["marks"])
            width, height = map(int, file["size"])
            arrays = {name: file[name] for name in _ARRAYS}
            plan = json.loads(str(file["plan"]))
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"{path} is not a truth file of a synthetic corpus: {error}.") from error
    return Truth(plan, (width, height), onset, apex, offset, **arrays)


def true_flow(
    truth: Truth | str | os.PathLike[str], frame: int, *, head: bool = True
) -> np.ndarray:
    """Forward displacement from the onset frame to another, exactly.

    With D the result, the frame before noise, flicker and change of light is
    ``frame(x + D(x)) = onset_frame(x)``.

    Parameters
    ----------
    truth : Truth or path of a truth file
    frame : int
        Index into the clip's frames.
    head : bool, default True
        Whether the drift of the head counts, or only the skin moving on it.

    Returns
    -------
    ndarray (H, W, 2) float32
        Pixels (dx, dy).

    Raises
    ------
    BadInput
        The clip has no such frame.
    """
    if not isinstance(truth, Truth):
        truth = load_truth(truth)
    if not 0 <= frame < len(truth.pose):
        raise BadInput(f"Frame {frame} is outside the clip's {len(truth.pose)} frames.")
    width, height = truth.size
    x, y = np.meshgrid(np.arange(width, dtype=float), np.arange(height, dtype=float))
    return _flow_at(truth, np.stack([x, y], -1), frame, head=head).astype(np.float32)


def _flow_at(truth: Truth, points: np.ndarray, frame: int, *, head: bool) -> np.ndarray:
    start = truth.pose[truth.onset]
    skin = _affine(points, inverted(start))
    moved = skin + displacement(skin, truth.bumps_at(frame))
    return _affine(moved, truth.pose[frame] if head else start) - points


def render_clip(
    plan: Plan, view: View, *, clean: bool = False
) -> tuple[Iterator[np.ndarray], Truth]:
    """Frames one by one, and the truth about them.

    Parameters
    ----------
    plan : Plan
    view : View
    clean : bool, default False
        Leave out noise, flicker and change of light (the head still drifts).

    Returns
    -------
    frames : iterator of ndarray (H, W, 3) RGB or (H, W) uint8
    truth : Truth
    """
    person = _identity(plan.identity)
    bumps = [unit_bumps(m.au, person.landmarks, m.right, m.left) for m in plan.movements]
    for movement, rows in zip(plan.movements, bumps, strict=True):
        rows[:, 4:] *= movement.intensity
    truth = Truth(
        plan=asdict(plan),
        size=view.size,
        onset=plan.onset,
        apex=plan.apex,
        offset=plan.offset,
        landmarks=np.empty((plan.n_frames, 68, 2), np.float32),
        pose=_poses(plan, view),
        bumps=np.concatenate([*bumps, np.empty((0, 6))]),
        movement=np.concatenate([np.full(len(b), i) for i, b in enumerate(bumps)] + [[]]).astype(
            int
        ),
        courses=np.array(
            [course(plan.n_frames, m.onset, m.apex, m.offset) for m in plan.movements]
        ).reshape(len(bumps), plan.n_frames),
    )
    moves = displacements(person.landmarks, truth.bumps, truth.courses[truth.movement])
    for t, pose in enumerate(truth.pose):
        truth.landmarks[t] = _affine(person.landmarks + moves[t], pose)
    return _frames(plan, view, person, truth, clean), truth


def _frames(
    plan: Plan, view: View, person: Identity, truth: Truth, clean: bool
) -> Iterator[np.ndarray]:
    rng = None if clean else np.random.default_rng(plan.seed)
    places, gains, sigma = nodes(), _gains(plan), plan.nuisance.noise
    fields = [
        displacement(places, truth.bumps[truth.movement == m]).astype(np.float32)
        for m in range(len(truth.courses))
    ]
    canvas = canvas_of(person.image, view, truth.pose[0])
    for t, pose in enumerate(truth.pose):
        moved = np.zeros(places.shape, np.float32)
        for field, intensity in zip(fields, truth.courses[:, t], strict=True):
            if intensity:
                moved += np.float32(intensity) * field
        gain = 1.0 if clean else gains[t]
        yield shot(canvas, moved, pose, view, gain=gain, sigma=sigma, rng=rng)


def _poses(plan: Plan, view: View) -> np.ndarray:
    """Map from the canvas to each frame, (T, 2, 3): the seat, and the head drifting on it."""
    x, y, roll, scale = plan.nuisance.seat
    unit = view.face_width / FACE_WIDTH
    seconds = (np.arange(plan.n_frames) - plan.onset) / plan.fps
    frequency, phase = plan.nuisance.sway
    sway = np.sin(2 * np.pi * frequency * seconds + phase) - np.sin(phase)
    sway /= max(np.abs(sway).max(), 1e-9)
    drift = sway[:, None] * np.array(plan.nuisance.drift)
    angle = np.deg2rad(roll + drift[:, 2])
    cos, sin = unit * scale * np.cos(angle), unit * scale * np.sin(angle)
    pose = np.empty((plan.n_frames, 2, 3))
    pose[:, 0, :2] = np.stack([cos, -sin], -1)
    pose[:, 1, :2] = np.stack([sin, cos], -1)
    width, height = view.size
    centre = np.array([CANVAS[0] / 2, LANDMARKS[30, 1]])
    place = np.array([width / 2, 0.56 * height]) + unit * (np.array([x, y]) + drift[:, :2])
    pose[:, :, 2] = place - pose[:, :, :2] @ centre
    return pose


def _gains(plan: Plan) -> np.ndarray:
    """Brightness of each frame: a slow change, and lamps that flicker at twice the mains."""
    seconds = np.arange(plan.n_frames) / plan.fps
    slow = plan.nuisance.light * np.linspace(-0.5, 0.5, plan.n_frames)
    phase = plan.nuisance.sway[1]
    return (
        1 + slow + plan.nuisance.flicker * np.sin(4 * np.pi * plan.nuisance.mains * seconds + phase)
    )


def _identity(seed: tuple[int, ...]) -> Identity:
    """A person, drawn by one thread while others that want the same one wait for it."""
    with _one_at_a_time:
        return _drawn(seed)


_one_at_a_time = Lock()
_drawn = lru_cache(maxsize=4)(make_identity)


def register(landmarks: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Similarity (2, 3) that brings a frame's face to the usual place in a cropped frame.

    Parameters
    ----------
    landmarks : ndarray (68, 2)
    size : tuple of int
        Width and height of the cropped frame.
    """
    width, height = size
    mirrored = LANDMARKS[MIRROR] * (-1, 1) + (CANVAS[0], 0)
    target = (LANDMARKS + mirrored) / 2 - (CANVAS[0] / 2, LANDMARKS[:, 1].max())
    target = target * (0.84 * width / FACE_WIDTH) + (width / 2, 0.95 * height)
    # Least squares over similarities, in complex numbers: target = a * landmarks + b.
    source, goal = landmarks @ (1, 1j), target @ (1, 1j)
    offset = source - source.mean()
    a = np.vdot(offset, goal) / np.vdot(offset, offset).real
    b = goal.mean() - a * source.mean()
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def _affine(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return points @ matrix[:, :2].T + matrix[:, 2]
