"""Flow fields in colour: hue is the direction, saturation the size of the motion."""

from __future__ import annotations

import numpy as np

__all__ = ["colour_wheel", "flow_picture"]

# How many steps lie between the corners of the wheel: red-yellow-green-cyan-blue-magenta-red.
_STEPS = (15, 6, 4, 11, 13, 6)
_CORNERS = ((1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1), (1, 0, 0))


def colour_wheel() -> np.ndarray:
    """The 55 hues of the Middlebury wheel, float ``(55, 3)``, RGB in 0–1.

    More steps go where the eye tells hues apart more easily. Entry 0, red, is motion to the
    right; entries go round with the image's y pointing down, so a quarter on is motion downward.

    References
    ----------
    S. Baker et al., "A Database and Evaluation Methodology for Optical Flow", IJCV 92, 2011.
    """
    parts = [
        np.linspace(a, b, n, endpoint=False)
        for a, b, n in zip(_CORNERS[:-1], _CORNERS[1:], _STEPS, strict=True)
    ]
    return np.concatenate(parts)


def flow_picture(flow: np.ndarray, largest: float | None = None) -> np.ndarray:
    """A flow field as a picture: white where nothing moves.

    Parameters
    ----------
    flow : ndarray ``(H, W, 2)``
        (u, v) in pixels, y down.
    largest : float, optional
        The motion that has full colour; larger ones are darker. Default: the largest there is.

    Returns
    -------
    ndarray of uint8 ``(H, W, 3)``, RGB

    Examples
    --------
    >>> field = np.array([[[0.0, 0.0], [2.0, 0.0]]])
    >>> flow_picture(field).tolist()
    [[[255, 255, 255], [255, 0, 0]]]
    """
    flow = np.asarray(flow, float)
    size = np.hypot(flow[..., 0], flow[..., 1])
    largest = float(size.max(initial=0.0)) if largest is None else float(largest)
    share = (size / largest if largest > 0 else np.zeros_like(size))[..., None]
    wheel = colour_wheel()
    turn = np.mod(np.arctan2(flow[..., 1], flow[..., 0]) / (2 * np.pi), 1) * len(wheel)
    low = np.floor(turn).astype(int) % len(wheel)
    part = (turn - np.floor(turn))[..., None]
    hue = (1 - part) * wheel[low] + part * wheel[(low + 1) % len(wheel)]
    colour = np.where(share <= 1, 1 - share * (1 - hue), 0.75 * hue)
    return np.round(255 * colour).astype(np.uint8)
