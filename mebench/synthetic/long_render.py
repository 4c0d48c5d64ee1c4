"""The frames of a long video, one after the other, from its script."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from .camera import View, canvas_of, nodes, shot
from .face import CANVAS, FACE_WIDTH, LANDMARKS, Identity, make_identity
from .long_plan import Part, Script
from .motion import displacement, unit_bumps

__all__ = ["intensity", "landmarks_of", "part_bumps", "poses", "render_script"]


def render_script(script: Script, view: View) -> Iterator[np.ndarray]:
    """Frames one by one; memory does not grow with their number.

    Parameters
    ----------
    script : Script
    view : View

    Yields
    ------
    ndarray (H, W, 3) RGB or (H, W) uint8
    """
    person = _person(script.identity)
    rng = np.random.default_rng(script.seed)
    pose = poses(script, view)
    canvas = canvas_of(person.image, view, pose[0])
    gains, sigma = _gains(script), script.nuisance.noise
    places = nodes()
    fields: dict[Part, np.ndarray] = {}
    for t in range(script.n_frames):
        active = [p for e in script.events if e.onset <= t <= e.offset for p in e.parts]
        fields = {p: fields[p] if p in fields else _field(p, person, places) for p in active}
        moved = np.zeros(places.shape, np.float32)
        for part, field in fields.items():
            if level := intensity(part, t):
                moved += np.float32(level) * field
        yield shot(canvas, moved, pose[t], view, gain=gains[t], sigma=sigma, rng=rng)


def intensity(part: Part, frame: float) -> float:
    """Share of its full extent that a movement has in a frame.

    Examples
    --------
    >>> part = Part(12, 1.0, 1.0, 1.0, (0, 2, 4, 8))
    >>> [round(intensity(part, t), 2) for t in (0, 1, 2, 4, 6, 8)]
    [0.0, 0.5, 1.0, 1.0, 0.5, 0.0]
    """
    # A hold of no length would make two marks one, on which np.interp is not defined.
    onset, apex, fades, offset = part.marks
    phase = np.interp(frame, [onset, apex, max(fades, apex + 1e-6), offset], [0, 1, 1, 2])
    return float(0.5 - 0.5 * np.cos(np.pi * phase))


def landmarks_of(script: Script, view: View, frame: int) -> np.ndarray:
    """The true landmarks in a frame, (68, 2) float64 as (x, y)."""
    person = _person(script.identity)
    moved = person.landmarks.copy()
    for event in script.events:
        if event.onset <= frame <= event.offset:
            for part in event.parts:
                bumps = part_bumps(part, person.landmarks)
                bumps[:, 4:] *= intensity(part, frame)
                moved += displacement(person.landmarks, bumps)
    pose = poses(script, view)[frame]
    return np.asarray(moved @ pose[:, :2].T + pose[:, 2])


def part_bumps(part: Part, landmarks: np.ndarray) -> np.ndarray:
    """Bumps of a movement at its full extent; a turn moves what stands out from the head most.

    Examples
    --------
    >>> turn = part_bumps(Part("yaw", 10.0, 1.0, 1.0, (0, 1, 2, 3)), LANDMARKS)
    >>> moved = displacement(LANDMARKS[[0, 30]], turn)[:, 0]  # the jaw's corner, the nose's tip
    >>> bool(moved[1] > 9 and moved[0] < 5)
    True
    """
    if not isinstance(part.unit, str):
        bumps = unit_bumps(part.unit, landmarks, part.right, part.left)
        bumps[:, 4:] *= part.intensity
        return bumps
    between, tip = landmarks[27:31].mean(0), landmarks[30]
    way = (part.intensity, 0.0) if part.unit == "yaw" else (0.0, part.intensity)
    head = (*between, 0.36 * FACE_WIDTH, 0.36 * FACE_WIDTH, 0.85 * way[0], 0.85 * way[1])
    nose = (*tip, 0.1 * FACE_WIDTH, 0.12 * FACE_WIDTH, 0.2 * way[0], 0.2 * way[1])
    return np.array([head, nose])


def poses(script: Script, view: View) -> np.ndarray:
    """Affine map from the canvas to each frame, (T, 2, 3): the seat, and the unrest of the head."""
    x, y, roll, scale = script.nuisance.seat
    unit = view.face_width / FACE_WIDTH
    seconds = np.arange(script.n_frames)[:, None] / script.fps
    phases = np.random.default_rng((*script.seed, 1)).uniform(0, 2 * np.pi, len(script.sway))
    waves = np.array(script.sway)
    drift = np.sin(2 * np.pi * waves[:, 3] * seconds + phases) @ waves[:, :3]
    angle = np.deg2rad(roll + drift[:, 2])
    cos, sin = unit * scale * np.cos(angle), unit * scale * np.sin(angle)
    pose = np.empty((script.n_frames, 2, 3))
    pose[:, 0, :2] = np.stack([cos, -sin], -1)
    pose[:, 1, :2] = np.stack([sin, cos], -1)
    width, height = view.size
    centre = np.array([CANVAS[0] / 2, LANDMARKS[30, 1]])
    place = np.array([width / 2, 0.56 * height]) + unit * (np.array([x, y]) + drift[:, :2])
    pose[:, :, 2] = place - pose[:, :, :2] @ centre
    return pose


def _gains(script: Script) -> np.ndarray:
    """Brightness of each frame: slow changes, and lamps that flicker at twice the mains."""
    nuisance, seconds = script.nuisance, np.arange(script.n_frames) / script.fps
    slow = nuisance.light * np.sin(2 * np.pi * seconds / 17 + nuisance.sway[1])
    fast = nuisance.flicker * np.sin(4 * np.pi * nuisance.mains * seconds + nuisance.sway[1])
    return 1 + slow + fast


def _field(part: Part, person: Identity, points: np.ndarray) -> np.ndarray:
    return displacement(points, part_bumps(part, person.landmarks)).astype(np.float32)


@lru_cache(maxsize=4)
def _person(seed: tuple[int, ...]) -> Identity:
    return make_identity(seed)
