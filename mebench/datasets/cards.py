"""Card: what anybody must know of a database before using it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Card"]

Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Card:
    """Facts about one database, as published; a fact that nobody published is None or empty.

    Parameters
    ----------
    name : str
        The registered name, as in ``--dataset``.
    title : str
        The name in papers.
    citation, bibtex : str
        What to cite.
    licence : str
        The terms in our words; the agreement itself is what binds.
    request_page : str
        Public web page where the database is requested.
    fps : float or None
    resolution : str
        Of the recordings and of cropped faces where these are distributed.
    annotated : str
        What the annotators wrote down.
    clips, subjects : int or None
        In the version of the sheet that `counts` names first.
    counts : mapping of str to (mapping of str to (mapping of str to int))
        Version of the sheet → label set → class → clips.
    unpublishable : tuple of str
        Subjects whose face must not appear in publications.
    remarks : tuple of str
    """

    name: str
    title: str
    citation: str
    bibtex: str
    licence: str
    request_page: str
    fps: float | None
    resolution: str
    annotated: str
    clips: int | None = None
    subjects: int | None = None
    counts: Mapping[str, Counts] = field(default_factory=dict)
    unpublishable: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """The environment variable that says where the database lies: ``MEBENCH_<NAME>``."""
        return "MEBENCH_" + "".join(c if c.isalnum() else "_" for c in self.name).upper()
