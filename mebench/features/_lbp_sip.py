"""LBP-SIP: local binary patterns with six intersection points."""

from __future__ import annotations

import numpy as np

from ..errors import BadInput
from .lbp import normalised_histograms
from .patterns import PatternExtractor, check_radii, pattern_counts, prepare
from .regions import Regions

__all__ = ["LBPSIP", "lbp_sip"]


def lbp_sip(
    video: np.ndarray,
    *,
    regions: Regions = (8, 8),
    times: int = 1,
    radii: tuple[float, float, float] = (3, 3, 3),
    joint: bool = False,
    landmarks: np.ndarray | None = None,
) -> np.ndarray:
    """LBP-SIP histograms of one clip.

    With four neighbours per plane the three planes of LBP-TOP look at the same six points
    twice: right, up, left, down, the frame before and the frame after. Each is compared with the
    centre once; the four in the picture make one code, the two in time another.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``
    regions, times, landmarks
        As in :func:`~.lbp_top.lbp_top`.
    radii : (Rx, Ry, Rt), default (3, 3, 3)
        As LBP-TOP's here (our choice). Fractions are rounded half up.
    joint : bool, default False
        One histogram of 64 bins over all six comparisons instead (our addition).

    Returns
    -------
    ndarray of float64 ``(times · n_regions · 20,)``, or ``· 64`` with `joint`
        By time part and region: 16 bins of (right, up, left, down) from bit 0 on, then 4 of
        (next, previous); each of the two histograms sums to 1.

    Raises
    ------
    BadInput
        As :func:`~.lbp_top.lbp_top`.

    See Also
    --------
    lbp_top : All points of the three planes.

    Notes
    -----
    20 values per block, against 48 of LBP-TOP with four neighbours, is from the paper; that they
    are 2⁴ + 2² is our reading of it, from memory and unverified.

    References
    ----------
    Y. Wang, J. See, R. C.-W. Phan and Y.-H. Oh, "LBP with Six Intersection Points: Reducing
    Redundant Information in LBP-TOP for Micro-Expression Recognition", ACCV 2014.

    Examples
    --------
    Nothing differs, so all bits are set:

    >>> lbp_sip(np.full((7, 9, 9), 80, np.uint8), regions=(1, 1)).nonzero()[0].tolist()
    [15, 19]
    """
    check_radii(radii)
    if not isinstance(joint, (bool, np.bool_)):
        raise BadInput(f"joint must be True or False, found {joint!r}.")
    video = prepare(video)
    rx, ry, rt = radii
    space = np.array([[0, 0, rx], [0, -ry, 0], [0, 0, -rx], [0, ry, 0]], float)
    time = np.array([[rt, 0, 0], [-rt, 0, 0]], float)
    parts = [np.concatenate([space, time])] if joint else [space, time]
    counts = [
        pattern_counts(
            video, part[None], radii=radii, regions=regions, times=times, landmarks=landmarks
        )
        for part in parts
    ]
    histograms = [normalised_histograms(c, np.arange(c.shape[-1])) for c in counts]
    return np.concatenate(histograms, axis=-1).ravel()


class LBPSIP(PatternExtractor):
    """LBP-SIP as a transformer; see :func:`lbp_sip` for the parameters and the reference.

    See Also
    --------
    lbp_sip : The function of one clip.

    Examples
    --------
    >>> LBPSIP().n_features, LBPSIP(regions=(5, 5), joint=True).n_features
    (1280, 1600)
    """

    _function = staticmethod(lbp_sip)

    def __init__(
        self,
        regions: Regions = (8, 8),
        times: int = 1,
        radii: tuple[float, float, float] = (3, 3, 3),
        joint: bool = False,
    ) -> None:
        self.regions = regions
        self.times = times
        self.radii = radii
        self.joint = joint

    def _bins(self) -> dict[str, int]:
        return {"joint": 64} if self.joint else {"space": 16, "time": 4}
