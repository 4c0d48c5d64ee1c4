"""The databases that a plan trains on besides: ``pretrain`` and ``also_train``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..datasets import label_sets, load
from ..datasets.composites import expand
from ..errors import BadInput
from ..evaluation.other_data import OnlyTrained, check_other_people, joined, pretrained
from .plan import UNITS, Run

__all__ = ["with_other_data"]

Progress = Callable[[str, int, int], None]


def with_other_data(
    plan: Mapping[str, Any], run: Run, samples: Any, progress: Progress | None = None
) -> tuple[Run, Any]:
    """The run and its samples as they are once the other databases of a plan are in them.

    Parameters
    ----------
    plan : mapping
        Its ``pretrain`` and ``also_train`` name databases, several joined by ``+``.
    run : Run
    samples : Samples
        Those to be tested.

    Raises
    ------
    BadInput
        A database that is tested, persons in both, or no class in common.
    """
    first, beside = plan["pretrain"], plan["also_train"]
    for name in (first, beside):
        both = {_key(n) for n in expand(name)[0]} & {_key(n) for n in expand(run.dataset)[0]} \
            if name else set()  # fmt: skip
        if both:
            raise BadInput(
                f"{', '.join(sorted(both))} is tested here, so its persons cannot be trained on "
                "besides. Name another database."
            )
    if first:
        other = _loaded(plan, first, None, run.method.colour)
        check_other_people(samples, other, first)
        method = pretrained(
            run.method, other, first, seed=plan["seed"], cache=not plan["no_cache"],
            n_jobs=plan["n_jobs"], progress=progress,
        )  # fmt: skip
        run = replace(run, method=method)
    if beside:
        if run.labels == UNITS:
            raise BadInput("also_train joins labelled clips; it does not work for action units.")
        other = _loaded(plan, beside, samples.label_set, run.method.colour)
        samples = joined(samples, other, beside)
        method = replace(run.method, name=f"{run.method.name}+also-{beside}", heads={})
        run = replace(run, method=method, protocol=OnlyTrained(run.protocol, plan["seed"]))
    return run, samples


def _loaded(plan: Mapping[str, Any], name: str, labels: str | None, colour: bool) -> Any:
    """A database under the label set of that name; under its usual one where it has none."""
    parts = expand(name)[0]
    known = all(labels in label_sets(part) for part in parts) if labels else False
    usual = "all" if labels and not known else None
    root = plan["data_root"]
    here = Path(root) / parts[0] if root is not None else None
    return load(
        name,
        root=here if here is not None and here.is_dir() and len(parts) == 1 else None,
        labels=labels if known else usual,
        missing=plan["missing"],
        colour=colour,
    )


def _key(name: str) -> str:
    from ..datasets.registry import database

    return database(name).card.name
