"""One photographed face, and people made from it.

The photograph is :func:`skimage.data.astronaut` (Eileen Collins, by NASA, public domain),
scaled so that the face is 220 px wide. A person is that face with other proportions, tone,
hair colour, light and skin texture, in one `Identity`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator

from .lens import blurred, grey, look_up

__all__ = ["CANVAS", "FACE_WIDTH", "LANDMARKS", "MIRROR", "Identity", "make_identity"]

#: Width and height in pixels of the picture that people are drawn on.
CANVAS = (960, 720)

#: Jaw to jaw on the canvas, in pixels: the unit in which motion is measured.
FACE_WIDTH = 220.0

_SCALE = 2.4  # of the photograph
_LEFT, _TOP = 61, 0  # of the canvas in the scaled photograph

# The median of dlib's 68 points over 96 detections (four scales, mirrored or not, the face box
# shaken by 2 %), on the canvas.
_POINTS = """
370.0 251.0  370.8 278.9  372.6 306.3  375.0 333.9  382.6 361.4  397.6 385.1  418.9 405.0
441.5 422.0  468.6 428.5  497.0 425.0  523.1 411.0  547.4 392.6  565.1 369.5  575.9 343.1
582.6 315.1  588.2 287.8  591.9 259.0  386.5 227.0  400.1 212.7  420.1 209.8  440.1 213.8
458.9 222.6  505.8 225.1  525.0 218.3  544.7 217.5  563.9 221.5  576.4 237.0  481.4 246.0
480.7 266.3  480.1 285.5  479.9 306.0  453.5 315.1  465.5 318.9  477.8 323.1  490.3 320.0
502.3 317.2  407.6 243.2  420.5 235.2  436.0 237.1  449.8 250.0  434.3 251.0  419.0 249.8
509.5 253.0  523.9 241.5  539.8 241.5  552.6 251.0  540.0 255.9  524.0 255.1  421.0 334.3
441.4 335.0  462.0 335.1  475.2 338.5  489.5 336.4  508.7 337.0  528.7 338.9  508.9 363.1
488.5 372.7  473.0 374.0  458.0 371.4  438.0 359.2  427.4 337.2  461.2 343.9  475.1 346.3
488.9 345.0  521.4 341.2  488.7 360.0  474.0 361.4  459.8 359.0
"""

#: (68, 2) float64 points (x, y) of the photographed face in iBUG order, on the canvas.
LANDMARKS = np.array(_POINTS.split(), dtype=float).reshape(68, 2)

#: The point that takes each point's place when the face is mirrored.
MIRROR = np.array(
    [
        *range(16, -1, -1),  # jaw
        *range(26, 16, -1),  # brows
        *(27, 28, 29, 30, 35, 34, 33, 32, 31),  # nose
        *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),  # eyes
        *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),  # outer lips
        *(64, 63, 62, 61, 60, 67, 66, 65),  # inner lips
    ]
)

_JAW, _BROWS, _NOSE = np.arange(17), np.arange(17, 27), np.arange(27, 36)
_EYES, _MOUTH = (np.arange(36, 42), np.arange(42, 48)), np.arange(48, 68)

# Where skin and hair are on the photographed canvas, besides the jaw.
_HAIRLINE = np.array([(590, 225), (578, 206), (520, 188), (450, 178), (395, 200), (374, 225)])
_NECK = np.array([(380, 340), (570, 340), (550, 445), (480, 462), (390, 440)])
_EARS = (
    np.array([(345, 270), (378, 270), (382, 320), (360, 320)]),
    np.array([(582, 270), (615, 290), (600, 332), (576, 332)]),
)


@dataclass(frozen=True, eq=False)
class Identity:
    """A person at rest, drawn on the canvas.

    Attributes
    ----------
    image : ndarray (720, 960, 3) float32
        RGB in grey levels 0–255.
    landmarks : ndarray (68, 2) float64
        Points (x, y) in iBUG order.
    """

    image: np.ndarray
    landmarks: np.ndarray


def make_identity(seed: tuple[int, ...]) -> Identity:
    """A person, always the same one for the same seed."""
    rng = np.random.default_rng(seed)
    landmarks = _proportions(LANDMARKS, rng)
    picture = _coloured(rng)
    image = _warp(picture, landmarks)
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
        landmarks = landmarks[MIRROR]
        landmarks[:, 0] = CANVAS[0] - 1 - landmarks[:, 0]
    image += _texture(landmarks, rng)[..., None]
    image *= _light(rng)[..., None]
    return Identity(np.clip(image, 0, 255), landmarks)


def _proportions(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Other proportions: each changes by 4 to 8 %, wider or narrower."""
    jaw, face, apart, eye, brow, nose, nostril, mouth, lip = 1 + rng.uniform(
        0.04, 0.08, 9
    ) * rng.choice([-1, 1], 9)
    out = points.copy()
    middle = points[_NOSE[:4], 0].mean()
    eyes_y = points[36:48, 1].mean()
    height = points[8, 1] - eyes_y

    def scale(index: np.ndarray, axis: int, about: float, factor: float) -> None:
        out[index, axis] = about + (out[index, axis] - about) * factor

    for side in _EYES:
        centre = points[side].mean(0)
        scale(side, 0, centre[0], eye)
        scale(side, 1, centre[1], eye)
        out[side, 0] += (centre[0] - middle) * (apart - 1)
    out[_BROWS, 0] += (points[_BROWS, 0] - middle) * (apart - 1)
    out[_BROWS, 1] -= height * 0.5 * (brow - 1)
    scale(_NOSE, 1, eyes_y, nose)
    scale(_NOSE[4:], 0, points[33, 0], 1 + 1.5 * (nostril - 1))
    scale(_MOUTH, 0, points[51, 0], mouth)
    out[_MOUTH, 1] += height * 0.35 * (lip - 1) + height * 0.2 * (nose - 1)
    # The chin takes part in the length of the face, the temples do not.
    low = np.clip((points[_JAW, 1] - eyes_y) / height, 0, 1)
    out[_JAW, 1] += height * (face - 1) * low
    scale(_JAW, 0, middle, jaw)
    return out


def _warp(picture: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """The picture drawn so that the photographed points come to lie on `landmarks`."""
    width, height = CANVAS
    x, y = np.linspace(0, width - 1, 7), np.linspace(0, height - 1, 6)
    edge = np.array([(a, b) for a in x for b in y if a in x[[0, -1]] or b in y[[0, -1]]])
    spline = RBFInterpolator(
        np.vstack([landmarks, edge]),
        np.vstack([LANDMARKS - landmarks, 0 * edge]),
        kernel="thin_plate_spline",
        smoothing=1.0,
    )
    step = 16
    gx, gy = np.arange(step / 2 - 0.5, width, step), np.arange(step / 2 - 0.5, height, step)
    grid = np.stack(np.meshgrid(gx, gy), -1)
    shift = spline(grid.reshape(-1, 2)).reshape(grid.shape).astype(np.float32)
    pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
    return look_up(picture, pixels + look_up(shift, (pixels + 0.5) / step - 0.5))


@lru_cache(maxsize=1)
def _photograph() -> tuple[np.ndarray, np.ndarray]:
    """The canvas (H, W, 3), and how much of each pixel is skin, hair, eyes and teeth, or none.

    The shares are (H, W, 4) float32 in 0..1.
    """
    from skimage.data import astronaut

    big = cv2.resize(astronaut(), None, fx=_SCALE, fy=_SCALE, interpolation=cv2.INTER_CUBIC)
    width, height = CANVAS
    photo = big[_TOP : _TOP + height, _LEFT : _LEFT + width].astype(np.float32)

    soft = blurred(photo, 2)
    red, blue, luma = soft[..., 0], soft[..., 2], grey(soft)
    brown, dark = np.clip((red - blue - 18) / 20, 0, 1), np.clip((150 - luma) / 30, 0, 1)

    face = _polygons([np.vstack([LANDMARKS[_JAW], _HAIRLINE])], blur=5)
    neck = _polygons([_NECK, *_EARS], blur=4) * brown * np.clip((red - 110) / 40, 0, 1)
    holes = _polygons([*(LANDMARKS[eye] for eye in _EYES), LANDMARKS[60:68]], blur=2)
    skin = np.maximum(face, neck) * (1 - holes)

    head: np.ndarray = np.zeros((height, width), np.float32)
    cv2.ellipse(head, (485, 185), (195, 165), 0, 0, 360, 1.0, -1)
    head = blurred(head, 5)
    hair = head * np.maximum(brown, dark) * (1 - np.maximum(face, neck))
    rest = np.clip(1 - skin - hair - holes, 0, 1)
    return photo, np.stack([skin, hair, holes, rest], -1)


def _coloured(rng: np.random.Generator) -> np.ndarray:
    """The photograph with other skin, hair, backdrop and exposure."""
    photo, shares = _photograph()
    tone, warmth = rng.uniform(0.6, 1.04), rng.uniform(-0.04, 0.04)
    # Darker skin is redder: its blue falls faster than its red.
    skin_gain = tone ** np.array([0.85, 1.0, 1.2]) * (1 + warmth * np.array([1, 0, -1]))
    hair_gain = rng.uniform(0.35, 1.15) * (1 + rng.uniform(-0.06, 0.06, 3))
    room_gain = rng.uniform(0.7, 1.05) * (1 + rng.uniform(-0.05, 0.05, 3))
    gains = [skin_gain, hair_gain, np.full(3, np.sqrt(tone)), room_gain]
    weighted = [shares[..., i, None] * gain.astype(np.float32) for i, gain in enumerate(gains)]
    return np.asarray(photo * sum(weighted))


def _polygons(polygons: list[np.ndarray], blur: float) -> np.ndarray:
    """1 inside any of the polygons, 0 outside, with a soft edge: (H, W) float32."""
    from skimage.draw import polygon, polygon_perimeter

    mask = np.zeros(CANVAS[::-1], np.float32)
    for corners in polygons:
        x, y = np.round(corners).astype(int).T
        for drawn in (polygon(y, x), polygon_perimeter(y, x)):
            mask[drawn] = 1
    return blurred(mask, blur)


def _texture(landmarks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Pores, freckles and moles: the photograph alone is too smooth for flow at that scale."""
    width, height = CANVAS
    noise = rng.standard_normal((height, width), dtype=np.float32)
    fine = blurred(noise, 0.9) - blurred(noise, 2.2)
    fine *= rng.uniform(2.5, 4.5) / fine.std()
    blotch = blurred(noise, 5)
    blotch *= rng.uniform(1.0, 2.5) / blotch.std()

    outline = np.vstack([landmarks[_JAW], landmarks[_BROWS[::-1]] - (0, 20)])
    holes = _polygons([*(landmarks[eye] for eye in _EYES), landmarks[_MOUTH[:12]]], blur=3)
    face = _polygons([outline], blur=6) * (1 - holes)

    moles: np.ndarray = np.zeros((height, width), np.float32)
    for _ in range(rng.integers(2, 9)):
        a, b = landmarks[rng.integers(1, 16)], landmarks[rng.integers(29, 34)]
        x, y = (a + rng.uniform(0.15, 0.8) * (b - a)).round().astype(int)
        moles[y, x] -= rng.uniform(150, 500)
    moles = blurred(moles, rng.uniform(1.2, 1.8))
    return face * (fine + blotch + moles)


def _light(rng: np.random.Generator) -> np.ndarray:
    """Gain (H, W) of a lamp that stands to one side."""
    width, height = CANVAS
    angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0.05, 0.2)
    x = np.linspace(-2.2, 2.2, width, dtype=np.float32)
    y = np.linspace(-1.6, 1.6, height, dtype=np.float32)[:, None]
    ramp = np.tanh(np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y)
    return (1 + np.float32(depth) * ramp).astype(np.float32)
