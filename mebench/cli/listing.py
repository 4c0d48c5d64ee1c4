"""mebench list: what there is to choose from."""

from __future__ import annotations

from typing import Any

import typer

from ..errors import BadInput, did_you_mean
from .completion import complete
from .console import out, print_json

__all__ = ["list_"]


def list_(
    what: str = typer.Argument(
        "",
        show_default=False,
        help="datasets, long, methods, spotters, detectors, protocols, measures, labels, flows or "
        "grids",
        autocompletion=complete("lists"),
    ),
    json: bool = typer.Option(False, "--json", help="Print JSON instead of a table."),
) -> None:
    """List datasets, methods, spotters, detectors, protocols, measures, labels, flows, grids."""
    if what not in _LISTS:
        there = ", ".join(_LISTS)
        if not what:
            raise BadInput(f"Say what to list: mebench list, and one of {there}.")
        raise BadInput(
            f"There is no list of {what!r}.{did_you_mean(what, _LISTS)} There is {there}."
        )
    rows = _LISTS[what]()
    if json:
        print_json(rows)
        return
    from rich.table import Table

    table = Table()
    for place, column in enumerate(rows[0]):
        # What is typed elsewhere stays in one piece.
        table.add_column(column, overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    out().print(table)


def _detectors() -> list[dict[str, Any]]:
    from ..errors import DataNotFound
    from ..preprocessing import DETECTORS, choose_detector

    def here(name: str) -> str:
        try:
            choose_detector(name)
        except DataNotFound:
            return "no"
        return "yes, and taken by auto" if choose_detector() == name else "yes"

    return [
        {"name": d.name, "detector": d.words, "needs": d.needs, "here": here(d.name)}
        for d in DETECTORS.values()
    ]


def _datasets() -> list[dict[str, Any]]:
    from ..datasets import COMPOSITES, card, names
    from ..datasets.registry import known

    places = known()
    rows = [
        {
            "name": name,
            "database": card(name).title,
            "clips": card(name).clips,
            "subjects": card(name).subjects,
            "registered at": str(places[name]) if name in places else None,
        }
        for name in names()
    ]
    return rows + [
        {
            "name": name,
            "database": f"{' + '.join(composite.parts)}: {composite.words}",
            "clips": composite.clips,
            "subjects": sum(composite.subjects.values()) or None,
            "registered at": None,
        }
        for name, composite in COMPOSITES.items()
    ]


def _methods() -> list[dict[str, Any]]:
    from ..methods import METHODS, get_method

    rows: list[dict[str, Any]] = []
    for name in METHODS:
        try:
            method = get_method(name)
        except BadInput as error:  # another package's, which cannot be imported
            rows.append({"name": name, "family": "", "method": str(error), "features": None,
                         "citation": ""})  # fmt: skip
            continue
        rows.append(
            {
                "name": name,
                "family": method.family,
                "method": method.title,
                "features": method.n_features(),
                "citation": method.citation,
            }
        )
    return rows


def _protocols() -> list[dict[str, Any]]:
    from ..evaluation.protocols import PROTOCOLS

    numbers = {"n_splits": ":folds", "size": ":share or :number"}
    return [
        {"name": name, "takes": numbers.get(known.parameter, ""), "protocol": known.words}
        for name, known in PROTOCOLS.items()
    ]


def _labels() -> list[dict[str, Any]]:
    from ..datasets import label_sets, names

    return [
        {"dataset": name, "name": labels, "classes": words}
        for name in names()
        for labels, words in label_sets(name).items()
    ]


def _flows() -> list[dict[str, Any]]:
    from ..flow import FLOWS

    return [
        {"name": name, "flow": (function.__doc__ or "").strip().split("\n")[0]}
        for name, function in FLOWS.items()
    ]


def _grids() -> list[dict[str, Any]]:
    from ..svm import GRIDS, points

    return [
        {
            "name": name,
            "points": len(points(name)),
            "values": "; ".join(f"{k} {_span(v)}" for k, v in values.items()),
        }
        for name, values in GRIDS.items()
    ]


def _span(values: Any) -> str:
    return ", ".join(map(str, values)) if len(values) < 6 else f"{values[0]}…{values[-1]}"


def _long() -> list[dict[str, Any]]:
    from ..datasets.long import LONG

    return [
        {"name": d.name, "database": d.title, "frames per second": d.fps, "annotated": d.words}
        for d in LONG.values()
    ]


def _measures() -> list[dict[str, Any]]:
    from ..scoring.metrics import MEASURES

    return [
        {
            "name": one.key,
            "measure": one.title,
            "also understood": ", ".join(one.aliases),
            "printed": "always" if one.printed else "when asked for",
        }
        for one in MEASURES.values()
    ]


def _spotters() -> list[dict[str, Any]]:
    from ..spotting import SPOTTERS

    return [{"name": s.name, "spotter": s.title, "citation": s.citation} for s in SPOTTERS.values()]


_LISTS = {
    "datasets": _datasets,
    "long": _long,
    "methods": _methods,
    "spotters": _spotters,
    "detectors": _detectors,
    "protocols": _protocols,
    "measures": _measures,
    "labels": _labels,
    "flows": _flows,
    "grids": _grids,
}
