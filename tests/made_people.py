"""Videos of several made people, who move about, pass in front of each other, and go."""

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np

from mebench.synthetic.face import make_identity

Path = Callable[[int], tuple[float, float] | None]


def head(seed: int, height: int = 240) -> np.ndarray:
    """The grey picture of somebody's head."""
    person = make_identity((seed,))
    low, high = person.landmarks.min(0) - [60, 110], person.landmarks.max(0) + [60, 50]
    (x0, y0), (x1, y1) = np.clip(low, 0, None).astype(int), high.astype(int)
    picture = np.clip(person.image, 0, 255).astype(np.uint8)[y0:y1, x0:x1]
    zoom = height / len(picture)
    small = cv2.resize(picture, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)


def scene(
    paths: Sequence[Path], heads: Sequence[np.ndarray], n_frames: int, size=(640, 360), noise=3
) -> Iterator[np.ndarray]:
    """Frames with each head at the place that its path gives, later ones in front; None is away."""
    rng = np.random.default_rng(0)
    width, height = size
    ground = cv2.GaussianBlur(rng.integers(60, 180, (height, width)).astype(np.uint8), (0, 0), 6)
    for number in range(n_frames):
        frame = ground.astype(float)
        for path, picture in zip(paths, heads, strict=True):
            place = path(number)
            if place is None:
                continue
            turn = np.array([[1, 0, place[0]], [0, 1, place[1]]], float)
            h, w = picture.shape
            mask = np.zeros((h, w), np.uint8)
            cv2.ellipse(mask, (w // 2, h // 2), (w // 2 - 4, h // 2 - 4), 0, 0, 360, 255, -1)
            seen = cv2.warpAffine(mask, turn, size) / 255
            frame = frame * (1 - seen) + cv2.warpAffine(picture, turn, size) * seen
        noisy = frame + rng.integers(-noise, noise + 1, frame.shape)
        yield np.clip(noisy, 0, 255).astype(np.uint8)


def middle(path: Path, picture: np.ndarray, number: int) -> np.ndarray:
    """Where the middle of a head is."""
    place = path(number)
    away = np.array([np.inf, np.inf])
    return away if place is None else np.array(place) + np.array(picture.shape[::-1]) / 2
