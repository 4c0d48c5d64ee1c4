"""What ``mebench run --test`` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .console import Stages, out, print_json

__all__ = ["predict_part"]


def predict_part(plan: Mapping[str, Any], json: bool, quiet: bool) -> None:
    """Train, predict a test part, and say what was written."""
    from ..experiments.predicted_part import run_test
    from ..results import show

    with Stages(quiet=quiet) as stages:
        found = run_test(plan, progress=stages)
    if json:
        print_json(found.summary())
        return
    console = out()
    head = found.predictions.header
    if found.labelled:
        show(found.predictions, console, set())
        print(f"Trained on {_whom(found.trained)} of {head['dataset']}.")
        console.print(f"Run directory: {found.folder}", highlight=False, soft_wrap=True)
    else:
        counts = ", ".join(f"{c} {n}" for c, n in found.summary()["predicted"].items())
        print(f"{head['method']} trained on {_whom(found.trained)} of {head['dataset']}, "
              f"{head['labels']}.")  # fmt: skip
        print(f"{plan['test']}: {len(found.predictions.table)} clips predicted: {counts}.")
        print("Nobody labelled them, so there is no score.")
        for warning in head.get("warnings", []):
            print(warning)
    if found.without:
        n = len(found.without) + len(found.predictions.table)
        names = ", ".join(found.without[:3]) + (", …" if len(found.without) > 3 else "")
        print(f"{len(found.without)} of its {n} clips could not be used and have no prediction: "
              f"{names}")  # fmt: skip
    if found.file is not None:
        print(f"Predictions: {found.file}")


def _whom(trained: Mapping[str, int]) -> str:
    """How many clips trained, and from which parts of a release."""
    parts = ", ".join(f"{part} {n}" for part, n in trained.items() if part)
    return f"{sum(trained.values())} clips{f' ({parts})' if parts else ''}"
