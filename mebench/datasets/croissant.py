"""A database's card as Croissant metadata: what it is and where to ask, and no label of a clip."""

from __future__ import annotations

from typing import Any

from .cards import Card

__all__ = ["croissant"]


def croissant(card: Card) -> dict[str, Any]:
    """JSON-LD by the Croissant vocabulary 1.0, without any file: the database is licensed.

    Parameters
    ----------
    card : Card

    Examples
    --------
    >>> from mebench.datasets import card
    >>> found = croissant(card("casme2"))
    >>> found["@type"], found["name"], "distribution" in found
    ('sc:Dataset', 'CASME II', False)
    """
    facts = {
        "clips": card.clips,
        "subjects": card.subjects,
        "frames per second": card.fps,
        "resolution": card.resolution,
        "annotated": card.annotated,
    }
    words = "; ".join(f"{name}: {value}" for name, value in facts.items() if value)
    found = {
        "@context": {
            "@language": "en",
            "@vocab": "https://schema.org/",
            "sc": "https://schema.org/",
            "cr": "http://mlcommons.org/croissant/",
            "dct": "http://purl.org/dc/terms/",
            "conformsTo": "dct:conformsTo",
            "citeAs": "cr:citeAs",
        },
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": card.title,
        "alternateName": card.name,
        "description": f"{card.title}, facial micro-expressions. {words}.",
        "url": card.request_page,
        "license": card.licence,
        "citeAs": card.bibtex or card.citation,
        "isAccessibleForFree": False,
        "keywords": ["micro-expression", "facial expression", "action units"],
    }
    return {key: value for key, value in found.items() if value not in ("", None)}
