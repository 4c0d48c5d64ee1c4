"""The points of a grid: degree, coef0, C and gamma of a polynomial-kernel SVM."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, Union

import numpy as np

from ..errors import BadInput, DataNotFound, did_you_mean

__all__ = ["GRIDS", "Grid", "Point", "grid_points", "load_grid", "points"]


class Point(NamedTuple):
    """One setting of the SVM with kernel (γ·x·z + coef0)^degree.

    The order of the fields is the order of size: of two points that score the same, the one
    that compares less wins, so the lower degree, then the smaller C, gamma and coef0.
    ``Point(1, C, 1.0, 0.0)`` is the linear SVM.
    """

    degree: int
    C: float
    gamma: float
    coef0: float


_HUNDREDTHS = tuple(i / 100 for i in range(1, 101))

#: The named grids. ``thesis`` is the search over MDMO features that the field copied;
#: ``coarse`` keeps every tenth gamma of it, from 0.01 (published winners are .01, .11, .21
#: and .41); ``linear`` has only C.
GRIDS: dict[str, dict[str, Sequence[Any]]] = {
    "thesis": {
        "degree": (2, 3, 4, 5),
        "coef0": (0, 1, 2, 3),
        "C": (0.1, 1, 10, 100),
        "gamma": _HUNDREDTHS,
    },
    "coarse": {
        "degree": (2, 3, 4, 5),
        "coef0": (0, 1, 2, 3),
        "C": (0.1, 1, 10, 100),
        "gamma": _HUNDREDTHS[::10],
    },
    "linear": {"degree": (1,), "coef0": (0,), "C": (0.1, 1, 10, 100), "gamma": (1,)},
}

#: What a grid may be given as: a name, lists of values, points, or a list of these.
Grid = Union[str, Mapping[str, Any], Point, Iterable[Any]]  # noqa: UP007  a runtime alias


def grid_points(grid: Grid) -> list[Point]:
    """The points of a grid, smallest model first, each once.

    Parameters
    ----------
    grid : str, dict, or list of dict or Point
        A name in :data:`GRIDS`; a mapping of ``degree``, ``C``, ``gamma``, ``coef0`` to a value
        or a list of values, all combinations of which are meant (left out: ``degree`` 3, ``C``
        1, ``coef0`` 0; ``gamma`` must be given unless the kernel is linear); or a list of
        mappings and points. ``kernel: linear`` in a mapping is ``degree`` 1, ``gamma`` 1.

    Returns
    -------
    list of Point
        Sorted: the index of a point is its rank by size, which settles ties of score.

    Raises
    ------
    BadInput
        An unknown name or parameter, or a value out of range.

    Examples
    --------
    >>> from mebench.svm import grid_points
    >>> len(grid_points("thesis")), len(grid_points("coarse"))
    (6400, 640)
    >>> grid_points({"degree": [3, 2], "gamma": 0.5, "C": 10})
    [Point(degree=2, C=10.0, gamma=0.5, coef0=0.0), Point(degree=3, C=10.0, gamma=0.5, coef0=0.0)]
    """
    found = sorted(set(_points(grid)))
    if not found:
        raise BadInput("The grid has no points. Give at least one value of each parameter.")
    return found


#: The name until 0.1; it stays for code written with it.
points = grid_points


def _points(grid: Any) -> list[Point]:
    if isinstance(grid, str):
        if grid not in GRIDS:
            near = did_you_mean(grid, GRIDS)
            raise BadInput(f"No grid {grid!r}.{near} There are {', '.join(GRIDS)}, or give a file.")
        return _points(GRIDS[grid])
    if isinstance(grid, Point):
        return [_checked(*grid)]
    if isinstance(grid, Mapping):
        return _combinations(grid)
    if isinstance(grid, Iterable):
        return [point for part in grid for point in _points(part)]
    raise BadInput(f"A grid is a name, a mapping or a list of these, not {type(grid).__name__}.")


def _combinations(values: Mapping[str, Any]) -> list[Point]:
    values = dict(values)
    kernel = values.pop("kernel", "poly")
    if kernel == "linear":
        values.update(degree=1, gamma=1, coef0=0)
    elif kernel != "poly":
        raise BadInput(f"A grid has kernel 'poly' or 'linear', not {kernel!r}.")
    unknown = sorted(set(values) - set(Point._fields))
    if unknown:
        raise BadInput(
            f"A grid has no {', '.join(unknown)}; its parameters are {', '.join(Point._fields)}."
        )
    if "gamma" not in values:
        raise BadInput('The grid lacks gamma. Give its values, such as "gamma": [0.01, 0.1, 1].')
    values = {"degree": 3, "C": 1.0, "coef0": 0.0, **values}
    lists = [
        [values[name]] if np.ndim(values[name]) == 0 else list(values[name])
        for name in Point._fields
    ]
    return [_checked(*point) for point in product(*lists)]


def _checked(degree: Any, C: Any, gamma: Any, coef0: Any) -> Point:
    try:
        numbers = [float(value) for value in (degree, C, gamma, coef0)]
    except (TypeError, ValueError):
        raise BadInput(
            f"A grid holds numbers; found degree {degree!r}, C {C!r}, gamma {gamma!r}, "
            f"coef0 {coef0!r}."
        ) from None
    whole, C, gamma, coef0 = numbers
    finite = all(map(math.isfinite, numbers))
    if not finite or whole != int(whole) or whole < 0 or C <= 0 or gamma < 0:
        raise BadInput(
            f"The grid point degree {degree}, C {C}, gamma {gamma}, coef0 {coef0} cannot be used: "
            "degree is a whole number from 0, C above 0, gamma not below 0, all finite."
        )
    return Point(int(whole), C, gamma, coef0)


def load_grid(path: str | os.PathLike[str]) -> list[Point]:
    """The points of a grid written in a JSON or TOML file.

    The file holds what :func:`grid_points` takes: a mapping of parameters to values, or (JSON) a
    list of such mappings, or (TOML) one array of tables named ``grid``.

    Parameters
    ----------
    path : path
        Ends in ``.json`` or ``.toml``. TOML needs Python 3.11 or the package ``tomli``.

    Raises
    ------
    DataNotFound
        No such file.
    BadInput
        The file cannot be read as a grid.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp(), "grid.json")
    >>> _ = path.write_text('{"degree": [2, 3], "gamma": [0.01, 0.1], "C": 1, "coef0": 1}')
    >>> len(load_grid(path))
    4
    """
    path = Path(path)
    if not path.is_file():
        raise DataNotFound(
            f"There is neither a grid nor a grid file {str(path)!r}.{did_you_mean(path, GRIDS)} "
            f"Give one of {', '.join(GRIDS)}, or a .json or .toml file."
        )
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix.lower() == ".json":
            grid = json.loads(text)
        elif path.suffix.lower() == ".toml":
            grid = _toml().loads(text)
        else:
            raise BadInput(f"{path.name}: a grid is read from .json or .toml.")
    except BadInput:
        raise
    except OSError as error:
        raise DataNotFound(f"The grid {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path.name} cannot be read: {error}") from None
    if isinstance(grid, Mapping) and set(grid) == {"grid"}:
        grid = grid["grid"]
    try:
        return grid_points(grid)
    except BadInput as error:
        raise BadInput(f"{path.name}: {error}") from None


def _toml() -> Any:
    try:
        import tomllib
    except ImportError:
        try:
            import tomli as tomllib
        except ImportError:
            raise BadInput(
                "Reading TOML needs Python 3.11 or the package tomli; write the grid as JSON."
            ) from None
    return tomllib
