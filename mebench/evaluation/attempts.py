"""Tasks that may fail without taking the others along, and that are not done twice."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MebenchError
from ..methods.candidates import Final
from ..parallel import batched
from ..storage.checkpoint import Checkpoint, Part, Parts, fingerprint

__all__ = [
    "attempt_each",
    "in_words",
    "kept_in",
    "pack_final",
    "pack_guesses",
    "unpack_final",
    "unpack_guesses",
]

_log = logging.getLogger(__name__)

#: From a result to arrays, None if that cannot be done; and from arrays to the result.
Packing = tuple[Callable[[Any], Part | None], Callable[[Part], Any]]


def attempt_each(
    function: Callable[..., Any],
    jobs: Mapping[str, tuple],
    kept: Parts,
    packing: Packing,
    *,
    shared: tuple = (),
    n_jobs: int | None = None,
) -> Iterator[tuple[str, Any, Exception | None]]:
    """Name, result and error of ``function(*shared, *arguments)`` for each job, in their order.

    What succeeds is kept at once; what is kept is not done again. What fails is not kept.

    Parameters
    ----------
    function : callable
    jobs : dict of str to tuple
        The arguments by name.
    kept : dict-like
    packing : pair of callables
        How results become parts and parts results.
    shared : tuple, optional
        What all jobs need, and what is large.
    n_jobs : int, optional
    """
    pack, unpack = packing
    wanted = [name for name in jobs if name not in kept]
    results = batched(_tried, (function, *shared), (jobs[name] for name in wanted), n_jobs)
    fresh, ready = set(wanted), {}
    for name in jobs:
        if name not in fresh:
            yield name, unpack(kept[name]), None
            continue
        while name not in ready:  # on a cluster they come as they become ready
            place, (found, error, seconds) = next(results)
            ready[wanted[place]] = found, error
            _keep(wanted[place], found, error, seconds, kept, pack)
        yield name, *ready.pop(name)


def _keep(
    name: str, found: Any, error: Exception | None, seconds: float, kept: Parts,
    pack: Callable[[Any], Part | None],
) -> None:  # fmt: skip
    if error is None:
        _log.debug("%s: %.2f s", name, seconds)
        part = pack(found)
        if part is not None:
            kept[name] = part
    else:
        _log.info("%s failed: %s", name, in_words(error))
        _log.debug("where it failed", exc_info=error)


def in_words(error: Exception) -> str:
    """What went wrong, in a line."""
    text = " ".join(str(error).split())
    return text if isinstance(error, MebenchError) else f"{type(error).__name__}: {text}"


def kept_in(folder: Path | None, **what: Any) -> Checkpoint:
    """The parts kept in `folder` for exactly this work; in memory only where it has no name."""
    if folder is None:
        return Checkpoint(None)
    try:
        name = fingerprint(**what)
    except Exception as error:  # whatever pickling somebody's objects raises
        _log.warning("Nothing of this run can be kept on the way (%s).", in_words(error))
        return Checkpoint(None)
    return Checkpoint(folder / name)


def pack_guesses(codes: np.ndarray) -> Part:
    return {"codes": codes}


def unpack_guesses(part: Part) -> np.ndarray:
    return part["codes"]


def pack_final(found: Final) -> Part | None:
    """Labels, scores, parameters that the classifier chose itself, and maps."""
    labels, scores, params, maps = found
    labels = np.asarray(labels)
    if labels.dtype == object:
        if not all(isinstance(label, str) for label in labels):
            return None
        labels = labels.astype(str)
    try:
        part = {"labels": labels, "params": np.array(json.dumps(params, default=_plain))}
    except TypeError:
        return None
    if scores is not None:
        part["scores"] = scores
    if maps is not None:
        part["maps"] = np.asarray(maps)
    return None if any(array.dtype == object for array in part.values()) else part


def unpack_final(part: Part) -> Final:
    params = json.loads(str(part["params"]))
    labels = part["labels"].astype(object)
    return Final(labels, part.get("scores"), params, part.get("maps"))


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no JSON")


def _tried(function: Callable[..., Any], *arguments: Any) -> tuple[Any, Exception | None, float]:
    started = time.perf_counter()
    try:
        found, error = function(*arguments), None
    except Exception as raised:
        found, error = None, raised
    return found, error, time.perf_counter() - started
