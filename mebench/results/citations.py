"""What to cite for what a run used: BibTeX of mebench, methods and databases."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .. import __version__
from ..datasets import COMPOSITES, card
from ..datasets.composites import expand
from ..errors import MebenchError
from ..methods import get_method
from .words import is_twin

__all__ = ["cite_dataset", "cite_mebench", "cite_method", "cite_runs"]


def cite_mebench() -> str:
    """The entry of this program.

    Examples
    --------
    >>> cite_mebench().splitlines()[0]
    '@software{mebench,'
    """
    return _entry("software", "mebench", {
        "title": "{mebench}: honest benchmarks for facial micro-expression recognition",
        "author": "{The mebench contributors}",
        "version": __version__,
    })  # fmt: skip


def cite_method(name: str) -> list[str]:
    """An entry for each work that a method cites.

    Parameters
    ----------
    name : str
        As ``--method`` takes it.

    Examples
    --------
    >>> print(cite_method("mdmo")[0])
    @misc{mdmo-1,
      title = {Main directional mean optical flow of 36 facial regions},
      howpublished = {Y.-J. Liu et al., IEEE Trans. Affective Computing 7(4), 2016},
      note = {the method mdmo of mebench}
    }
    """
    method = get_method(name)
    works = [part.strip() for part in method.citation.split(";") if part.strip()]
    return [
        _entry("misc", f"{_key(method.name)}-{i}", {
            "title": method.title or method.name,
            "howpublished": work,
            "note": f"the method {method.name} of mebench",
        })
        for i, work in enumerate(works, 1)
    ]  # fmt: skip


def cite_dataset(name: str) -> list[str]:
    """The entries of a database, or of all databases of a composite or union."""
    entries = []
    for part in expand(name)[0] if name.lower() in COMPOSITES or "+" in name else [name]:
        found = card(part)
        if found.bibtex.strip():
            entries.append(found.bibtex.strip())
        elif found.citation.strip():
            entries.append(_entry("misc", _key(found.name), {
                "title": found.title, "howpublished": found.citation,
            }))  # fmt: skip
    return entries


def cite_runs(headers: Iterable[dict[str, Any]]) -> list[str]:
    """Everything that stored runs used, each once; what is not known here is left out."""
    entries = [cite_mebench()]
    for header in headers:
        data = "synthetic" if is_twin(header) else str(header.get("dataset") or "")
        for cite, name in ((cite_method, str(header.get("method") or "")), (cite_dataset, data)):
            try:
                entries += cite(name)
            except MebenchError:
                continue  # somebody's own method or clips
    return list(dict.fromkeys(entries))


def _key(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


def _entry(kind: str, key: str, facts: dict[str, str]) -> str:
    lines = ",\n".join(f"  {name} = {{{_tex(value)}}}" for name, value in facts.items())
    return f"@{kind}{{{key},\n{lines}\n}}"


def _tex(text: str) -> str:
    return re.sub(r"(?<!\\)([&%#_])", r"\\\1", text)
