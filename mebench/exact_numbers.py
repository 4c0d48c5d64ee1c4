"""Numbers read from text are those that were written, to the last bit, whatever pandas is there.

pandas before 3.1 misses the last bit of about a third of all numbers unless it is told; later
versions do not, and warn where they are told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_numbers", "as_written"]


def as_written() -> dict[str, Any]:
    """What ``pandas.read_csv`` must be told.

    Examples
    --------
    >>> import io
    >>> import pandas as pd
    >>> pd.read_csv(io.StringIO("x\\n0.07064798544\\n"), **as_written())["x"].tolist()
    [0.07064798544]
    """
    return {} if _is_exact() else {"float_precision": "round_trip"}


def as_numbers(cells: pd.Series) -> pd.Series:
    """Cells of text as numbers, NaN where one is none.

    Examples
    --------
    >>> import pandas as pd
    >>> as_numbers(pd.Series(["0.07064798544", "x", " 2"])).tolist()
    [0.07064798544, nan, 2.0]
    """
    import pandas as pd

    found = pd.to_numeric(cells, errors="coerce")
    if _is_exact() or pd.api.types.is_numeric_dtype(cells):
        return found
    good = found.notna()
    return found.astype(float).mask(good, cells.where(good).map(float, na_action="ignore"))


def _is_exact() -> bool:
    import pandas as pd

    return tuple(int(n) for n in pd.__version__.split(".")[:2]) >= (3, 1)
