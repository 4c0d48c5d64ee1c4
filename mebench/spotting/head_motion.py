"""What the head as a whole does, taken out of the flow of a registered face.

A head is rigid and an expression is not. How far each place of a rigid head moves in the picture
depends on where it is and on how far it stands out towards the camera, and on nothing else; so its
movement is fitted with the depth of a mean face, to the places that expressions move least.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from ..flow import flow
from .blocks import BLOCKS, block_map, face_places
from .brightness import Look, cell_changes
from .robust_fits import by_brightness, linear, tukey

__all__ = [
    "N_RIGID",
    "RigidFit",
    "block_motion",
    "face_depth",
    "face_flow",
    "fit_head",
    "personal_depth",
    "robust_slopes",
    "without_head",
]

#: Numbers per axis of a rigid head's movement: for 1, x, y and depth.
N_RIGID = 4

_STEP = 6  # pixels of the cells that the field is averaged in before it is fitted
_ROUNDS = 5  # of reweighting

# A mean face in distances between the eyes' centres (63 mm), from adults' mean measures as
# anthropometry gives them: half the breadth of the head at the cheekbones, half the height from
# hairline to chin, how far the face lies before the ears, and how far the nose's tip stands out.
_BREADTH, _HEIGHT, _FRONT, _NOSE = 1.35, 1.9, 1.45, 0.33
_MIDDLE = 0.25  # of the ellipsoid, below the eyes
_TIP, _NOSE_SIZE = 0.62, (0.16, 0.25)  # of the nose: below the eyes; standard deviations in x and y
#: Where the mouth is and how far about it expressions reach, and how little it counts.
_MOUTH, _MOUTH_SIZE, _MOUTH_SHARE = 1.05, (0.55, 0.38), 0.1
#: Least noise of a flow in pixels, so that a picture that stands still can be fitted.
_LEAST = 0.02
#: Texture that a block is given beside its own, as a share of the face's: where it has hardly any,
#: it is believed to stand still.
_PLAIN = 0.02
#: How far a person's face may differ in depth from the mean one (our choice).
_OTHER_DEPTH = 0.4


def face_flow(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Flow ``(H, W, 2)`` between two registered faces, the head's part included.

    By DIS, fast: on faces as small as these no worse than the finer presets (our choice).
    """
    return flow(before, after, "dis", preset="fast")


def face_depth(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How far a mean face stands out towards the camera at each place, an arbitrary zero.

    Half of an ellipsoid with a nose.

    Parameters
    ----------
    x, y : ndarray
        In distances between the eyes, to the right of and below the point between the eyes; so is
        what is returned.

    Examples
    --------
    >>> eyes, tip, cheek = face_depth(np.array([0.5, 0, 1.0]), np.array([0, 0.62, 0.6]))
    >>> round(float(tip - eyes), 2), round(float(tip - cheek), 2)
    (0.42, 0.82)
    """
    inside = 1 - (x / _BREADTH) ** 2 - ((y - _MIDDLE) / _HEIGHT) ** 2
    nose = np.exp(-0.5 * ((x / _NOSE_SIZE[0]) ** 2 + ((y - _TIP) / _NOSE_SIZE[1]) ** 2))
    return np.asarray(_FRONT * np.sqrt(np.clip(inside, 0.02, None)) + _NOSE * nose)


class RigidFit(NamedTuple):
    """How a rigid head moved between two pictures, and what else there was.

    Attributes
    ----------
    moved : ndarray ``(4, 2)``
        In u and v, the factors in pixels of 1, x, y and depth, these three being measured in
        distances between the eyes. Those of depth, divided by that distance in pixels, are the
        sines of the angles by which the head has turned sideways and nodded.
    blocks : ndarray ``(36, 2)``
        What is left in each block, in pixels; NaN where a block has no skin.
    off : float
        Median length of what is left in the places that expressions move least, in pixels.
    """

    moved: np.ndarray
    blocks: np.ndarray
    off: float


def without_head(field: np.ndarray) -> np.ndarray:
    """A flow field ``(H, W, 2)`` float32 without what a rigid head does; see :func:`fit_head`.

    Examples
    --------
    >>> y, x = (np.mgrid[:156, :132] - [[[45]], [[65.5]]]) / 55
    >>> turn = np.stack([1 + 2 * x + 3 * face_depth(x, y), 0.5 * y], -1).astype(np.float32)
    >>> float(np.abs(without_head(turn)).max()) < 0.2
    True
    """
    moved = fit_head(field).moved.astype(np.float32)
    return np.asarray(field - (_places(field.shape[:2]).full @ moved).reshape(field.shape))


def fit_head(field: np.ndarray) -> RigidFit:
    """The movement of a rigid head that a flow field between two registered faces shows.

    Under an affine camera, a rigid body moves each of its points by a linear function of the
    point's place and depth (Koenderink and van Doorn 1991). Of the depth a mean face is taken;
    what a person's differs in is seen to by :func:`personal_depth`. The function that most of the
    face follows is found by iteratively reweighted least squares with Tukey's weights. The mouth
    and its surroundings count a tenth, and the eyes and what lies beside the face nothing.

    Parameters
    ----------
    field : ndarray ``(H, W, 2)`` float32
        In pixels.

    Returns
    -------
    RigidFit

    References
    ----------
    J. J. Koenderink and A. J. van Doorn, "Affine structure from motion", JOSA A 8(2), 1991.

    See Also
    --------
    block_motion : closer, by the pictures themselves.

    Examples
    --------
    A head that turns by 0.1 rad while the mouth moves by 3 pixels:

    >>> y, x = (np.mgrid[:156, :132] - [[[45]], [[65.5]]]) / 55
    >>> smile = 3 * np.exp(-0.5 * (x**2 + (y - 1.05) ** 2) / 0.2**2)
    >>> field = np.stack([0.1 * 55 * face_depth(x, y), smile], -1).astype(np.float32)
    >>> found = fit_head(field)
    >>> np.abs(found.moved[3] / 55).round(2).tolist()
    [0.1, 0.0]
    """
    moved, rest, middle = _fitted(field)
    return RigidFit(moved, _places(field.shape[:2]).means @ rest, middle)


def block_motion(then: Look, now: Look) -> RigidFit:
    """How far each block has moved between two registered faces beyond what the head did.

    Dense flow smooths and stops early: of a movement of a fifth of a pixel DIS gives a quarter.
    So its flow is but the beginning. From there the displacement of each block, and the rigid
    head's movement, are those by which the brightness changes as it has, after one step of least
    squares (Lucas and Kanade 1981) that whole blocks share; see
    :func:`mebench.spotting.robust_fits.by_brightness`.

    Parameters
    ----------
    then, now : Look

    Returns
    -------
    RigidFit
        `moved` and `off` are those of the dense flow, which is calmer.

    References
    ----------
    B. D. Lucas and T. Kanade, "An iterative image registration technique with an application to
    stereo vision", IJCAI 1981.

    See Also
    --------
    mebench.spotting.block_paths.block_flows : the same over all of a video.

    Examples
    --------
    A face whose mouth moves by a fifth of a pixel:

    >>> rng = np.random.default_rng(0)
    >>> face = cv2.GaussianBlur(rng.uniform(0, 255, (156, 132)).astype(np.float32), (0, 0), 2)
    >>> y, x = np.mgrid[:156, :132].astype(np.float32)
    >>> smile = 0.2 * (abs(x - 65) < 22) * (abs(y - 117) < 13)
    >>> moved = cv2.remap(face, x - smile.astype(np.float32), y, cv2.INTER_CUBIC)
    >>> from mebench.spotting.brightness import look_at
    >>> then, now = (look_at(np.uint8((6 * x - 640).clip(0, 255))) for x in (face, moved))
    >>> np.abs(block_motion(then, now).blocks[[26, 27, 14, 15], 0]).round(1).tolist()
    [0.2, 0.2, 0.0, 0.0]
    """
    field = face_flow(then.skin, now.skin)
    size = field.shape[:2]
    places, (moved, rest, middle) = _places(size), _fitted(field)
    texture, change = cell_changes(then, now, field, places.used, _cells(size))
    trust = places.trust * tukey(np.hypot(*rest.T), middle, _LEAST)
    blocks = by_brightness(
        texture, change, places.basis, trust, places.block, len(places.means), moved, _PLAIN
    )
    return RigidFit(moved, blocks, middle)


def personal_depth(rest: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """How much further than in a mean face each block of a person's stands out.

    A block that moves along with the head's turns, after these were taken out, has another depth
    than was believed. The factor that most frames agree on is found as in :func:`fit_head`, and
    held within ±0.4: a smile that comes with a nod is not explained by a deeper mouth.

    Parameters
    ----------
    rest : ndarray ``(T, n_blocks, 2)``
        Paths of the blocks.
    turn : ndarray ``(T, 2)``
        The turn sideways and the nod, in radians.

    Returns
    -------
    ndarray ``(n_blocks,)``
        In distances between the eyes.

    Examples
    --------
    >>> turn = np.sin(np.arange(300) / np.array([[20], [31]])).T / 10
    >>> rest = turn[:, None] * np.array([0.2, 0.0, 3.0])[:, None]
    >>> personal_depth(rest, turn).round(2).tolist()
    [0.2, 0.0, 0.4]
    """
    along = rest.transpose(1, 0, 2).reshape(rest.shape[1], -1).T
    return np.clip(robust_slopes(turn.ravel(), along), -_OTHER_DEPTH, _OTHER_DEPTH)


def robust_slopes(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The slope through zero of each column of y ``(N, n)`` on x ``(N,)`` that most values follow.

    Examples
    --------
    >>> x = np.arange(1, 9.0)
    >>> y = np.stack([2 * x, 2 * x], 1)
    >>> y[3, 1] = 99
    >>> robust_slopes(x, y).round(3).tolist()
    [2.0, 2.0]
    """
    square = max(float(x @ x), 1e-12)
    slopes = x @ y / square
    for _ in range(_ROUNDS + 3):
        off = np.abs(y - x[:, None] * slopes)
        bound = 4.7 * np.maximum(1.48 * np.median(off, axis=0), 1e-6)
        weight = np.clip(1 - (off / bound) ** 2, 0, None) ** 2
        weighted = x[:, None] * weight
        slopes = (weighted * y).sum(axis=0) / np.maximum(x @ weighted, 1e-12)
    return np.asarray(slopes)


class _Places(NamedTuple):
    """Where a field is fitted; each in cells that lie on skin, but `full`."""

    used: np.ndarray  # numbers of the cells (n,)
    basis: np.ndarray  # 1, x, y and depth there (n, 4)
    trust: np.ndarray  # 1, and little at the mouth (n,)
    means: np.ndarray  # takes means over the cells of a block (36, n); NaN where there are none
    block: np.ndarray  # in which each cell counts, −1 for none (n,)
    full: np.ndarray  # 1, x, y and depth at all pixels (H · W, 4)


def _fitted(field: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """A rigid head's movement, what is left in each cell, and the median length of that."""
    rows, columns = _cells(field.shape[:2])
    cells = cv2.resize(field, (columns, rows), interpolation=cv2.INTER_AREA).reshape(-1, 2)
    places = _places(field.shape[:2])
    values = cells[places.used].astype(np.float64)
    return linear(places.basis, values, places.trust, _ROUNDS, _LEAST)


def _cells(size: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of the cells."""
    return max(size[0] // _STEP, 1), max(size[1] // _STEP, 1)


@lru_cache(maxsize=8)
def _places(size: tuple[int, int]) -> _Places:
    height, width = size
    rows, columns = _cells(size)
    y, x = np.mgrid[:rows, :columns] + 0.5
    y, x = y * height / rows - 0.5, x * width / columns - 0.5
    where = block_map(size)[y.astype(int), x.astype(int)]
    right, down = face_places(x, y, size)
    oval = (right / 1.15) ** 2 + ((down - 0.3) / 1.55) ** 2 < 1
    used = np.flatnonzero((oval & (where >= 0)).ravel())
    wide, high = _MOUTH_SIZE
    mouth = np.exp(-0.5 * ((right / wide) ** 2 + ((down - _MOUTH) / high) ** 2))
    trust = (1 - (1 - _MOUTH_SHARE) * mouth).ravel()[used]
    middle = face_depth(right, down).mean()

    def basis(right: np.ndarray, down: np.ndarray) -> np.ndarray:
        depth = face_depth(right, down) - middle
        return np.stack([np.ones_like(right), right, down, depth], -1).reshape(-1, N_RIGID)

    n_blocks = BLOCKS[0] * BLOCKS[1]
    means = (where.ravel()[used] == np.arange(n_blocks)[:, None]).astype(float)
    count = means.sum(axis=1, keepdims=True)
    # A block that the eyes or the outline leave a few cells of is noise.
    least = 0.2 * rows * columns / n_blocks
    means = np.where(count >= least, means / np.maximum(count, 1), np.nan)
    counted = np.nan_to_num(means) > 0
    block = np.where(counted.any(axis=0), counted.argmax(axis=0), -1)
    pixels = np.mgrid[:height, :width].astype(float)
    full = basis(*face_places(pixels[1], pixels[0], size)).astype(np.float32)
    return _Places(used, basis(right, down)[used], trust, means, block, full)
