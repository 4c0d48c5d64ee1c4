"""Claimed figures beside those that come out, and clips beside the databases that they are of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import MebenchError
from ..scoring.metrics import MEASURES
from .bundle import Bundle

__all__ = ["near", "other_databases", "same_numbers"]

_EXACT = 1e-9


def same_numbers(claimed: Any, found: Any, where: str) -> list[str]:
    """What of `found` is claimed otherwise, or not at all, by the names of both."""
    out: list[str] = []
    if isinstance(found, Mapping):
        if not isinstance(claimed, Mapping):
            return [f"no figures are there{where}"]
        for key, value in found.items():
            if key not in claimed:
                out.append(f"{key}{where} is missing")
                continue
            inner = f" of {key}{where}" if isinstance(value, Mapping) else where
            out += [
                text if isinstance(value, Mapping) else f"{key}{text}"
                for text in same_numbers(claimed[key], value, inner)
            ]
        extra = sorted(set(claimed) - set(found))
        if extra and not where and set(found) != set(MEASURES):
            out.append(f"{extra[0]} is claimed{where}, which nothing gives")
        return out
    if isinstance(found, (list, tuple)):
        if not isinstance(claimed, list) or len(claimed) != len(found):
            return [f"{where} is another list"]
        pairs = zip(claimed, found, strict=True)
        return [text for a, b in pairs for text in same_numbers(a, b, where)]
    if found is None or claimed is None:
        return [] if found is claimed else [f"{where} is claimed to be {claimed}, not {found}"]
    if type(claimed) not in (int, float) or abs(float(claimed) - float(found)) > _EXACT:
        return [f"{where} is claimed to be {claimed}, and is {float(found):.4f}"]
    return []


def near(a: Any, b: Any, slack: float = _EXACT) -> bool:
    """Whether both are numbers, or lists of them, and the same but for rounding."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(near(x, y, slack) for x, y in zip(a, b, strict=True))
    numbers = all(type(v) in (int, float) for v in (a, b))
    return bool(abs(a - b) <= slack) if numbers else a is b or a == b


def other_databases(bundle: Bundle) -> str:
    """What is wrong if the clips are of other databases than the run names; else nothing."""
    from ..datasets.composites import expand
    from ..datasets.registry import database

    try:
        named = {database(part).card.name for part in expand(bundle.task[0])[0]}
    except MebenchError:
        if Path(bundle.task[0]).suffix in (".csv", ".parquet"):
            return ""  # somebody's own clips, by whatever names
        named = set(bundle.task[0].split("+"))
    found = set(bundle.folds["dataset"])
    if found == named:
        return ""
    return f"The run is on {', '.join(sorted(named))}, its clips are of {', '.join(sorted(found))}."
