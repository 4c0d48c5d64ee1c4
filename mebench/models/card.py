"""The card of a model: what it is, what it was made from, how well it does, and its limits."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import numpy as np

from ..datasets import Samples, card
from ..datasets.composites import expand
from ..errors import MebenchError
from ..methods import Method
from ..results import provenance
from ..scoring import Predictions

__all__ = ["LIMITS", "USE", "card_markdown", "make_card"]

USE = (
    "Research on facial micro-expressions: baselines, comparison of methods, and a first look at "
    "recordings of people who agreed to it.",
)

LIMITS = (
    "It names the class that a movement of the face resembles most among those it was trained on. "
    "It does not tell what anybody feels, thinks or intends, and it detects no lies.",
    "Every clip gets a class, also one that shows no expression, or one that no class fits.",
    "The scores are of people, cameras and light like those of the training data; elsewhere "
    "expect less. The data have few people, mostly young adults of few origins.",
    "No decision about a person may rest on it: not in hiring, school, policing, border control, "
    "insurance, health or court. In some places such use is forbidden by law.",
)

_LANDMARKS = (
    "The 68-point landmark model that finds the face was trained on iBUG 300-W, whose terms "
    "exclude commercial use."
)


def make_card(
    method: Method,
    samples: Samples,
    predictions: Predictions,
    *,
    source: str,
    pipeline: str,
    tuning: Mapping[str, Any],
    dataset: str,
    left_out: Mapping[str, str],
) -> dict[str, Any]:
    """The card of a model, as plain values.

    Parameters
    ----------
    method : Method
    samples : Samples
        What the model was fitted to.
    predictions : Predictions
        The evaluation whose scores it shows.
    source : str
        Where these come from, in words.
    pipeline : str
        The fitted pipeline, in words.
    tuning : mapping
        ``how``, ``params``, ``n_candidates`` and ``inner_score``.
    dataset : str
    left_out : mapping
        Clip id to the reason why the model was not fitted to it.

    Returns
    -------
    dict
    """
    table, clips = samples.table, samples.clips
    rates = sorted({float(c.fps) for c in clips if c.fps})
    seconds = [len(c) / c.fps for c in clips if c.fps]
    header = predictions.header
    made = provenance()
    return {
        "method": {
            "name": method.name,
            "title": method.title,
            "citation": method.citation,
            "pipeline": " ".join(pipeline.split()),
            "colour": method.colour,
        },
        "data": {
            "dataset": dataset,
            "labels": samples.label_set or "labels as given",
            "fingerprint": samples.fingerprint(),
            "n_clips": len(samples),
            "n_subjects": len(set(samples.groups)),
            "classes": {
                c: {
                    "clips": int((samples.y == c).sum()),
                    "subjects": len(set(samples.groups[samples.y == c])),
                }
                for c in samples.classes
            },
            "fps": rates,
            "seconds": [_rounded(f(seconds)) for f in (min, np.median, max)] if seconds else None,
            "notes": list(samples.notes),
            "left_out": dict(left_out),
            "licence": _licences(dataset, table["dataset"].astype(str).unique().tolist()),
        },
        "tuning": dict(tuning),
        "evaluation": {
            "source": source,
            "protocol": header.get("protocol"),
            "tuning": header.get("tuning"),
            "n_folds": header.get("n_folds"),
            "n_samples": len(predictions.table),
            "scores": {k: _rounded(v) for k, v in predictions.scores().items()},
            "intervals": {k: [_rounded(x) for x in v] for k, v in predictions.intervals().items()},
            "majority": {k: _rounded(v) for k, v in predictions.scores("y_majority").items()}
            if "y_majority" in predictions.table
            else {},
            "per_class": {
                str(c): {k: _rounded(v) for k, v in row.items()}
                for c, row in predictions.per_class().to_dict("index").items()
            },
            "warnings": list(header.get("warnings") or []),
        },
        "intended_use": list(USE),
        "limits": list(LIMITS),
        "licence_notes": [_LANDMARKS],
        "trained": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": made["versions"],
        "platform": made["platform"],
    }


def card_markdown(card: Mapping[str, Any], digest: str = "") -> str:
    """The card for people to read.

    Parameters
    ----------
    card : mapping
        Of a model file; what it lacks is left out.
    digest : str, optional
        SHA-256 of the model's content.
    """
    method, data, found = card["method"], card["data"], card["evaluation"]
    tuning = card.get("tuning") or {}
    rows = [
        f"# Model card: {method.get('name')} on {data.get('dataset')}",
        f"{method.get('title') or method.get('name')}. Trained {card.get('trained')}.",
        "## Method",
        *_bullets({
            "Citation": method.get("citation"),
            "Pipeline": f"`{method['pipeline']}`" if method.get("pipeline") else None,
            "Tuning": tuning.get("how"),
            "Chosen": _pairs(tuning.get("params")),
            "Inner score": tuning.get("inner_score"),
        }),
        "## Data",
        *_bullets({
            "Database": f"{data.get('dataset')}, label set {data.get('labels')}",
            "Clips": f"{data.get('n_clips')} of {data.get('n_subjects')} people",
            "Frames per second": ", ".join(f"{x:g}" for x in data.get("fps") or []),
            "Seconds (least, median, most)": _joined(data.get("seconds")),
            "Fingerprint": f"`{data.get('fingerprint')}`",
            "Clips left out": len(data.get("left_out") or {}) or None,
        }),
        _table(["class", "clips", "people"],
               [[c, v.get("clips"), v.get("subjects")] for c, v in _items(data.get("classes"))]),
        *[f"- {note}" for note in data.get("notes") or []],
        "## How well it does",
        f"{found.get('source')} Protocol {found.get('protocol')}, tuning {found.get('tuning')}, "
        f"{found.get('n_folds')} folds, {found.get('n_samples')} clips, each predicted by a model "
        "that had not seen it. The model in this file was then fitted to all clips, so it has no "
        "test data of its own.",
        _table(["measure", "score", "95 % interval over people", "always the majority"],
               [[k, v, _joined((found.get("intervals") or {}).get(k), "–"),
                 (found.get("majority") or {}).get(k, "")]
                for k, v in _items(found.get("scores"))]),
        _table(["class", "precision", "recall", "F1"],
               [[c, v.get("precision"), v.get("recall"), v.get("f1")]
                for c, v in _items(found.get("per_class"))]),
        *[f"- **{warning}**" for warning in found.get("warnings") or []],
        "## Intended use", *[f"- {line}" for line in card.get("intended_use") or []],
        "## Limits", *[f"- {line}" for line in card.get("limits") or []],
        "## Licences",
        *[f"- {line}" for key, of in (("licence", data), ("licence_notes", card))
          for line in of.get(key) or []],
        "## Versions", _pairs(card.get("versions")) or "",
    ]  # fmt: skip
    if card.get("landmark_model"):
        rows.append(f"Landmark model to be given: {_pairs(card['landmark_model'])}")
    if digest:
        rows.append(f"SHA-256 of the content: `{digest}`")
    lines: list[str] = []
    for row in filter(None, rows):
        if lines and not (row.startswith("- ") and lines[-1].startswith("- ")):
            lines.append("")
        lines.append(row)
    # A card may come from anybody: nothing in it speaks to the terminal.
    text = _front_matter(card) + "\n".join(lines) + "\n"
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def _front_matter(card: Mapping[str, Any]) -> str:
    """What model hubs read at the head of a card; values are quoted as JSON, which is YAML."""
    method, data = card.get("method") or {}, card.get("data") or {}
    facts = {
        "library_name": "mebench",
        "tags": ["micro-expression", "video-classification", str(method.get("name") or "")],
        "pipeline_tag": "video-classification",
        "license": "other",
        "license_name": "terms of the database",
        "datasets": [str(data.get("dataset") or "")],
        "metrics": sorted((card.get("evaluation") or {}).get("scores") or {}),
    }
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items()]
    return "\n".join(["---", *lines, "---", ""]) + "\n"


def _licences(dataset: str, names: Sequence[str]) -> list[str]:
    """The terms of each database, in our words."""
    found = []
    for name in dict.fromkeys([*_parts_of(dataset), *names]):
        try:
            terms = card(name)
        except MebenchError:
            continue
        if terms.licence:
            found.append(f"{terms.title}: {terms.licence}")
    return found or ["The terms of the clips are not known to mebench; ask who recorded them."]


def _parts_of(dataset: str) -> Sequence[str]:
    try:
        return expand(dataset)[0]
    except MebenchError:
        return []


def _bullets(facts: Mapping[str, Any]) -> list[str]:
    return [f"- {name}: {value}" for name, value in facts.items() if value not in (None, "")]


def _pairs(values: Any) -> str | None:
    return ", ".join(f"{k} {v}" for k, v in _items(values)) or None


def _items(values: Any) -> list[tuple[str, Any]]:
    return list(values.items()) if isinstance(values, Mapping) else []


def _joined(values: Any, by: str = ", ") -> str:
    return by.join(str(v) for v in values) if isinstance(values, Sequence) else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join("" if c is None else str(c) for c in r) + " |" for r in lines
    )


def _rounded(value: Any) -> float | None:
    number = float(value)
    return round(number, 4) if math.isfinite(number) else None
