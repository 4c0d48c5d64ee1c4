"""Action units of many clips as one table: the multi-label side of a database."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..errors import BadInput
from .au import units as present

__all__ = ["CD6ME_UNITS", "action_units", "unit_matrix"]

#: The twelve units of the cross-dataset benchmark of Varanka et al. (2022).
CD6ME_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17)


def action_units(table: pd.DataFrame, units: Sequence[int] | None = None) -> pd.DataFrame:
    """Which action units each clip shows.

    Parameters
    ----------
    table : DataFrame
        Of :class:`Samples`, or from :func:`annotations`; its columns ``clip_id`` and ``au``.
    units : sequence of int, optional
        Default: all that occur, rising. :data:`CD6ME_UNITS` are those of a common benchmark.

    Returns
    -------
    DataFrame of bool
        One row per clip, indexed by ``clip_id``; columns are the units. What counts is
        :data:`mebench.datasets.au.RULE`; a blank cell has no unit.

    Examples
    --------
    >>> table = pd.DataFrame({"clip_id": ["a", "b"], "au": ["R4+12", "4+7(k)"]})
    >>> action_units(table).astype(int).to_dict("list")
    {4: [1, 1], 12: [1, 0]}
    """
    found = [present(cell) for cell in table["au"]]
    columns = sorted(set().union(*found)) if units is None else list(units)
    return pd.DataFrame(
        [[unit in row for unit in columns] for row in found],
        index=pd.Index(table["clip_id"], name="clip_id"),
        columns=columns,
        dtype=bool,
    )


def unit_matrix(table: pd.DataFrame, units: Sequence[int] | None = None) -> tuple[np.ndarray, list]:
    """Which clip shows which unit: ``(n_clips, n_units)`` of 0 and 1, and the units.

    Parameters
    ----------
    table : DataFrame
        With a column ``au`` as annotators write it (:func:`mebench.datasets.au.units`: sides
        merged, intensities left aside).
    units : sequence of int, optional
        Default: all that occur.

    Examples
    --------
    >>> unit_matrix(pd.DataFrame({"au": ["R4+12", "12"]}))
    (array([[1, 1],
           [0, 1]]), [4, 12])
    """
    if "au" not in table:
        raise BadInput(
            "The table has no column au, so no action units can be detected; it has "
            f"{', '.join(map(str, table.columns))}."
        )
    shown = [present(text) for text in table["au"]]
    wanted = sorted(frozenset().union(*shown)) if units is None else [int(u) for u in units]
    if not wanted:
        raise BadInput("No clip has a coded action unit, so there is nothing to detect.")
    return np.array([[int(u in s) for u in wanted] for s in shown], int), wanted
