"""Strips with faces, read anew from the registered databases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...datasets import label_sets, load
from ...errors import BadInput, DataNotFound
from ..strips import make_strips
from .run_view import RunView

__all__ = ["strips_with_faces"]


def strips_with_faces(views: Sequence[RunView]) -> dict[str, dict[str, Any]]:
    """By key of each run, the strips of its clips with onset, apex and offset.

    Raises
    ------
    DataNotFound
        A database is not registered on this machine.
    BadInput
        The database does not hold the clips of the run.
    """
    made: dict[tuple[str, str], dict[str, Any]] = {}
    out = {}
    for view in views:
        if view.units:
            continue
        key = view.place[:2]
        if key not in made:
            made[key] = _strips(view)
        known = set(made[key]["strips.csv"]["clip_id"].astype(str))
        lost = [c for c in view.run.table["clip_id"].astype(str) if c not in known]
        if lost:
            raise BadInput(
                f"The database {key[0]} on this machine has no clip {lost[0]!r} of the run "
                f"{view.name} (nor {len(lost) - 1} others). Is it the same version of it? "
                "Without --faces the page does not need the database."
            )
        out[view.key] = made[key]
    return out


def _strips(view: RunView) -> dict[str, Any]:
    name, labels, _ = view.place
    if not name:
        raise BadInput(f"The run {view.name} does not say of which database its clips are.")
    try:
        known = [label_sets(part.strip()) for part in name.split("+")]
        wanted = labels if all(labels in sets for sets in known) else None
        samples = load(name, labels=wanted, missing="skip")
    except (DataNotFound, BadInput) as error:
        raise type(error)(
            f"--faces reads the frames of {name} again, but: {error} Without --faces the page "
            "is made from the run alone."
        ) from error
    return make_strips(samples, faces=True)
