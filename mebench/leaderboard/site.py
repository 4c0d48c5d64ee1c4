"""The board as a static site: a page per task and per method, from bundles and printed results."""

from __future__ import annotations

import json
import math
import os
import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import BadInput
from ..results._published import FLAGS, published
from .entries import Entry, Rejected, read_entries
from .feed import atom, changes, now, previous
from .ranking import Place, places
from .ranks import best_of, diagram, mean_ranks

__all__ = ["write_site"]

_FORMAT, _VERSION = "mebench-board", 1
_MEASURES = ("uf1", "uar", "accuracy")
_UNIT_MEASURES = ("f1_unit_mean", "f1_database_mean", "macro_f1_unit_mean")

Task = tuple[str, str, str]


def write_site(
    folder: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    title: str = "Micro-expression recognition: results that can be checked",
    url: str = "",
    certificates: str | os.PathLike[str] | None = None,
    printed: bool = True,
    level: float = 0.05,
) -> dict[str, Any]:
    """Build the board from all bundles in a folder.

    Every bundle is verified to level 3 on the way; what fails is listed with the reason and
    ranked nowhere. Pages need no server and load nothing from elsewhere.

    Parameters
    ----------
    folder : path
        With ``*.mebundle`` in it or below it.
    out : path
        Folder of the site: new, empty, or one that this function wrote before, which it renews.
    title : str
    url : str, optional
        Where the site will be found, for the feed.
    certificates : path, optional
        Folder of certificates (``mebench verify --certificate``). Default: `folder`.
    printed : bool, default True
        Set the results that were published beside the verified ones, in tables of their own.
    level : float, default 0.05
        Of significance.

    Returns
    -------
    dict
        What ``index.json`` holds.

    Raises
    ------
    DataNotFound
        No folder of bundles.
    BadInput
        `out` holds something else, or cannot be written to.

    See Also
    --------
    mebench.leaderboard.standing : where a run would stand.
    """
    out = Path(out)
    old = _checked_place(out)
    entries, rejected = read_entries(folder, certificates=certificates)
    tasks = _by_task(entries, level)
    shown = _printed() if printed else {}
    names = _page_names([*tasks, *(t for t in shown if t not in tasks)])
    methods = {m: f"method-{slug}.html" for m, slug in _slugs({e.method for e in entries}).items()}
    time = now()
    rows = [_row(place, task, names[task]) for task, own in tasks.items() for place in own]
    found = changes(old, rows, time)
    index = {
        "format": _FORMAT, "version": _VERSION, "title": title, "time": time,
        "mebench": __version__, "entries": rows,
        "rejected": [{"file": r.file, "reason": r.reason} for r in rejected], "changes": found,
    }  # fmt: skip
    common = {"title": title, "tasks": tasks, "pages": names, "methods": methods}
    files = {
        "style.css": _source("mebench.results.report", "style.css")
        + _source(__package__, "board.css"),
        "script.js": _source("mebench.results.report", "script.js"),
        "feed.xml": atom(found, title, url, time),
        "index.html": _front(common, shown, rejected, found, time),
    }
    for task in names:
        files[names[task]] = _task_page(common, task, tasks.get(task, []), shown.get(task, []))
    files |= _method_pages(common, shown)
    index["files"] = sorted([*files, "index.json"])
    files["index.json"] = _lines(index)
    _write(out, files, old)
    return index


def _by_task(entries: Sequence[Entry], level: float) -> dict[Task, list[Place]]:
    found: dict[Task, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.task, []).append(entry)
    return {task: places(found[task], level) for task in sorted(found)}


def _printed() -> dict[Task, list[dict[str, Any]]]:
    out: dict[Task, list[dict[str, Any]]] = {}
    for row in published().to_dict("records"):
        key = (str(row["database"]), str(row["labels"]), str(row["protocol"]))
        out.setdefault(key, []).append({str(k): v for k, v in row.items()})
    return out


def _row(place: Place, task: Task, page: str) -> dict[str, Any]:
    """An entry as a program reads it."""
    entry = place.entry
    head = entry.bundle.header
    return {
        "key": entry.key, "sha256": entry.bundle.sha256, "file": entry.file, "task": list(task),
        "page": page, "method": entry.method, "tuning": head.get("tuning"), "level": entry.level,
        "certified": None if entry.certificate is None else entry.certificate["level"],
        "measure": entry.measure, "value": entry.value, "rank": place.rank, "group": place.group,
        "p": None if math.isnan(place.p) else place.p,
        "scores": entry.scores, "intervals": entry.intervals,
        "flags": [flag.key for flag in entry.flags],
        "clips": len(entry.bundle.folds["clip_id"]), "persons": head.get("n_subjects"),
        "seconds": head.get("seconds"), "cpu_seconds": head.get("cpu_seconds"),
        "peak_mib": head.get("peak_mib"), "processors": entry.bundle.environment.get("processors"),
        "fingerprint": head.get("fingerprint"), "time": entry.bundle.environment.get("time"),
        "command": entry.bundle.environment.get("command"),
    }  # fmt: skip


def _front(
    common: Mapping[str, Any], shown: Mapping[Task, list[dict[str, Any]]],
    rejected: Sequence[Rejected], found: Sequence[Mapping[str, str]], time: str,
) -> str:  # fmt: skip
    rows = []
    for task, page in common["pages"].items():
        own = common["tasks"].get(task, [])
        ranked = [p for p in own if p.rank]
        rows.append({
            "task": task, "page": page, "verified": len(own), "printed": len(shown.get(task, [])),
            "best": ranked[0] if ranked else None,
            "tied": sum(p.group == "A" for p in ranked),
        })  # fmt: skip
    methods = [
        {"name": name, "page": page,
         "tasks": sum(any(p.entry.method == name for p in own) for own in common["tasks"].values()),
         "runs": sum(p.entry.method == name for own in common["tasks"].values() for p in own),
         "first": sum(p.entry.method == name and p.rank == 1
                      for own in common["tasks"].values() for p in own)}
        for name, page in common["methods"].items()
    ]  # fmt: skip
    kinds = {k: sorted({r["task"][i] for r in rows} - {""})
             for i, k in enumerate(("database", "labels", "protocol"))}  # fmt: skip
    return _template("front.html").render(
        **common, rows=rows, rows_of_methods=methods, kinds=kinds, rejected=rejected,
        changes=found[:12], time=time, root=True,
    )  # fmt: skip


def _task_page(
    common: Mapping[str, Any], task: Task, own: Sequence[Place], printed: Sequence[dict[str, Any]]
) -> str:
    units = any(p.entry.bundle.units for p in own) or task[1] == "au"
    measures = _UNIT_MEASURES if units else _MEASURES
    kinds = {
        "tuning": sorted({str(p.entry.bundle.header.get("tuning")) for p in own}),
        "level": sorted({str(p.entry.level) for p in own}),
        "group": sorted({p.group for p in own} - {""}),
    }
    met = "".join(str(r["flags"]) for r in printed)
    columns = ("accuracy", "uf1", "uar", "f1", "weighted_f1", "f1_unit_mean", "f1_database_mean")
    there = [c for c in columns if any(r[c] == r[c] for r in printed)]
    return _template("task.html").render(
        **common, task=task, places=own, printed=printed, measures=measures, kinds=kinds,
        measure=measures[0], printed_columns=there, choices=_choices,
        parts=sorted({r["part"] for r in printed} - {""}),
        said={f: words for f, words in FLAGS.items() if f in met},
        widest=max([p.entry.interval[1] for p in own] + [0.01]),
        slowest=max([p.entry.seconds for p in own] + [1e-9]),
    )  # fmt: skip


def _method_pages(
    common: Mapping[str, Any], shown: Mapping[Task, list[dict[str, Any]]]
) -> dict[str, str]:
    scores = best_of([
        (p.entry.method, " · ".join(task), p.entry.value)
        for task, own in common["tasks"].items() for p in own if p.rank
    ])  # fmt: skip
    ranked: dict[tuple[str, ...], Any] = {}
    out = {}
    for name, page in common["methods"].items():
        rows = [
            {"task": task, "page": common["pages"][task], "place": p,
             "of": sum(q.rank > 0 for q in own)}
            for task, own in common["tasks"].items() for p in own if p.entry.method == name
        ]  # fmt: skip
        key = tuple(scores.get(name, ()))
        if key and key not in ranked:  # methods on the same tasks share their ranks
            ranked[key] = mean_ranks(scores, name)
        found = ranked.get(key)
        plain = _letters(name)
        printed = [(task, r) for task, own in shown.items() for r in own
                   if _letters(str(r["method"])) == plain]  # fmt: skip
        head = rows[0]["place"].entry.bundle.header
        out[page] = _template("method.html").render(
            **common,
            method=name,
            head=head,
            rows=rows,
            printed=printed,
            ranks=found,
            figure=diagram(found, name) if found is not None else None,
        )
    return out


def _choices(entry: Entry) -> list[tuple[str, int]]:
    """The parameters that were chosen, and in how many folds, the most frequent first."""
    chosen = entry.bundle.chosen["folds"]
    if isinstance(chosen, Mapping):
        chosen = [c for one in chosen.values() for c in one]
    said = [", ".join(f"{k} {_plain(v)}" for k, v in c["params"].items()) for c in chosen]
    return Counter(said).most_common(4) if any(said) else []


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _page_names(tasks: Sequence[Task]) -> dict[Task, str]:
    slugs = _slugs({" ".join(t) for t in tasks})
    return {t: f"task-{slugs[' '.join(t)]}.html" for t in sorted(tasks)}


def _slugs(names: set[str]) -> dict[str, str]:
    """Names as parts of addresses, each once."""
    out: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(names):
        base = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "x"
        slug, number = base, 1
        while slug in taken:
            number += 1
            slug = f"{base}-{number}"
        taken.add(slug)
        out[name] = slug
    return out


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


@lru_cache
def _template(name: str) -> Any:
    from jinja2 import Environment, PackageLoader

    from ..bundles import LEVELS
    from ..results.words import counted, interval, number, title_of

    environment = Environment(
        loader=PackageLoader(__package__, "."), autoescape=True, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.globals |= {
        "number": number, "interval": interval, "counted": counted, "title_of": title_of,
        "LEVELS": LEVELS, "version": __version__,
    }  # fmt: skip
    return environment.get_template(name)


def _source(package: str, name: str) -> str:
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def _lines(index: Mapping[str, Any]) -> str:
    """JSON with one entry a line: small, and changes can be seen in a diff."""
    parts = []
    for key, value in index.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            inner = ",\n".join(json.dumps(v, ensure_ascii=False) for v in value)
            parts.append(f"{json.dumps(key)}: [\n{inner}\n]")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return "{" + ",\n".join(parts) + "}\n"


def _checked_place(out: Path) -> dict[str, Any]:
    """The index of the site that is renewed."""
    if out.exists() and not out.is_dir():
        raise BadInput(f"The site cannot be written to {out}: it is not a folder.")
    old = previous(out)
    if out.is_dir() and any(out.iterdir()) and not old:
        raise BadInput(
            f"{out} is not empty and holds no board of mebench. Name a new folder: nothing is "
            "written among other files."
        )
    return old


def _write(out: Path, files: Mapping[str, str], old: Mapping[str, Any]) -> None:
    """Each file at once; the index last; pages of the earlier site that are gone are removed."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in sorted(files, key=lambda n: n == "index.json"):
            handle, temporary = tempfile.mkstemp(prefix=".writing-", dir=out)
            with os.fdopen(handle, "wb") as file:
                file.write(files[name].encode())
            os.chmod(temporary, 0o644)
            os.replace(temporary, out / name)
        for name in old.get("files") or []:
            if name not in files and re.fullmatch(r"(task|method)-[a-z0-9-]+\.html", str(name)):
                (out / str(name)).unlink(missing_ok=True)
    except OSError as error:
        raise BadInput(f"Cannot write the site to {out}: {error.strerror}.") from error
