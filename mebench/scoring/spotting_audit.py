"""Printed scores of spotting and of spot-then-recognise: possible or not, and which was meant.

Precision, recall and F1 are fixed by the true and false positives and the number of annotated
intervals, all whole numbers, so printed ones can be held against every count there could be. STRS
is a product of two printed factors, of which the second has been F1 of macro-precision and
macro-recall (its authors) or the unweighted F1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import BadInput
from .spotting_claims import COUNTS, SCORES, Printed, read_count, read_score

__all__ = ["SpottingAudit", "SpottingFinding", "audit_spotting"]

_MOST = 10_000_000  # predictions up to which counts are looked for


@dataclass(frozen=True)
class SpottingFinding:
    """One printed number: whether it can be, and what it is if not what it is called.

    Attributes
    ----------
    score : str
        Key of :data:`SCORES`, or a count.
    claimed : str
        As printed.
    possible : bool
    words : str
        The finding as a sentence.
    """

    score: str
    claimed: str
    possible: bool
    words: str


@dataclass(frozen=True)
class SpottingAudit:
    """What :func:`audit_spotting` finds.

    Attributes
    ----------
    findings : list of SpottingFinding
    counts : list of (tp, fp, fn)
        Counts that give all printed scores of spotting, if there are few; the first of many.
    n_counts : int
        How many there are; 0 if none, -1 if too little is known to look for them.
    """

    findings: list[SpottingFinding]
    counts: list[tuple[int, int, int]] = field(default_factory=list)
    n_counts: int = -1

    @property
    def possible(self) -> bool:
        """Whether nothing speaks against the printed numbers."""
        return self.n_counts != 0 and all(f.possible for f in self.findings)

    def sentences(self) -> list[str]:
        """The findings in words."""
        said = [f.words for f in self.findings]
        if self.n_counts == 0:
            said.append("IMPOSSIBLE: no whole numbers of true and false positives give these.")
        elif self.n_counts > 0:
            shown = "; ".join(f"TP {a}, FP {b}, FN {c}" for a, b, c in self.counts[:3])
            many = f"{self.n_counts} possible counts, such as " if self.n_counts > 3 else ""
            said.append(f"POSSIBLE: {many}{shown}.")
        return said


def audit_spotting(
    claims: Mapping[str, str | float], *, tolerance: float | None = None
) -> SpottingAudit:
    """Whether printed counts and scores of spotting can be, and which score was meant.

    Parameters
    ----------
    claims : mapping of str to str or float
        ``tp, fp, fn, total`` (annotated intervals), as whole numbers; ``precision, recall, f1`` of
        spotting, ``analysis-precision, analysis-recall, analysis-f1, uf1, uar`` of the recognition
        that follows, and ``strs``, as printed.
    tolerance : float, optional
        Largest distance, as a share, instead of half a unit of the last digit.

    Raises
    ------
    BadInput
        Nothing is claimed, an unknown name, or no number.

    See Also
    --------
    mebench.scoring.feasible : The same for confusion matrices.

    Examples
    --------
    A line of a table of 2025, whose recall is no share:

    >>> found = audit_spotting({"analysis-precision": ".3333", "analysis-recall": "1.667",
    ...                         "analysis-f1": ".2222"})
    >>> found.possible
    False
    >>> print(found.findings[0].words)
    IMPOSSIBLE: recall of the analysis 1.667 is above 1. With its point moved, .1667, it gives the \
printed F1.
    """
    unknown = sorted(set(claims) - set(SCORES) - set(COUNTS))
    if unknown or not claims:
        raise BadInput(
            f"Of spotting, {', '.join([*COUNTS, *SCORES])} can be claimed; found "
            f"{', '.join(unknown) or 'nothing'}."
        )
    counts = {name: read_count(name, claims[name]) for name in COUNTS if name in claims}
    scores = {name: read_score(claims[name], tolerance) for name in SCORES if name in claims}
    findings: list[SpottingFinding] = []
    if {"tp", "fn", "total"} <= set(counts) and counts["tp"] + counts["fn"] != counts["total"]:
        words = (
            f"IMPOSSIBLE: {counts['tp']} true positives and {counts['fn']} false negatives are "
            f"{counts['tp'] + counts['fn']} annotated intervals, not {counts['total']}."
        )
        findings.append(SpottingFinding("total", str(counts["total"]), False, words))
        del counts["total"]
    if "total" in counts and "tp" in counts:
        counts.setdefault("fn", counts["total"] - counts["tp"])
    if "total" in counts and "fn" in counts:
        counts.setdefault("tp", counts["total"] - counts["fn"])
    if any(n < 0 for n in counts.values()):
        raise BadInput("More intervals are found, or missed, than there are.")
    findings += _beyond_one(scores, counts)
    scores = {k: v for k, v in scores.items() if v.value <= 1}
    fitting: list[tuple[int, int, int]] = []
    n_counts = -1
    if {"tp", "fp", "fn"} <= set(counts):
        findings += _against_counts(scores, counts["tp"], counts["fp"], counts["fn"])
    else:
        found = _fitting_counts(scores, counts)
        if found is not None:
            fitting, n_counts = found
        findings += _f1_of_both(scores, "")
    findings += _f1_of_both(scores, "analysis-") + _analysis(scores) + _product(scores)
    return SpottingAudit(findings, fitting, n_counts)


def _share(value: float) -> str:
    return f"{value:.4f}".removeprefix("0")


def _beyond_one(scores: Mapping[str, Printed], counts: Mapping[str, int]) -> list[SpottingFinding]:
    """Numbers above 1, and what they are if their point is moved or they are percent."""
    out = []
    for name, said in scores.items():
        if said.value <= 1:
            continue
        words = f"IMPOSSIBLE: {SCORES[name]} {said.text} is above 1."
        group = "analysis-" if name.startswith("analysis-") else ""
        others = {k: scores.get(f"{group}{k}") for k in ("precision", "recall", "f1")}
        mine = name.removeprefix("analysis-")
        of_counts = _from_counts(counts) if not group else {}
        for factor, how in ((10, "With its point moved"), (100, "Read as percent")):
            value = said.value / factor
            if name in of_counts and abs(of_counts[name] - value) <= said.slack / factor + 1e-12:
                words += f" {how}, {_share(value)}, it is that of the counts."
                break
            p, r, f = (value if k == mine else (o.value if (o := others[k]) else None)
                       for k in ("precision", "recall", "f1"))  # fmt: skip
            if value <= 1 and None not in (p, r, f) and p + r > 0:  # type: ignore[operator]
                slack = sum(o.slack for k, o in others.items() if o and k != mine)
                if abs(2 * p * r / (p + r) - f) <= slack + said.slack / factor:  # type: ignore[operator]
                    words += f" {how}, {_share(value)}, it gives the printed F1."
                    break
        else:
            if said.value <= 100 and not said.text.endswith("%"):
                words += f" Read as percent it is {_share(said.value / 100)}."
        out.append(SpottingFinding(name, said.text, False, words))
    return out


def _from_counts(counts: Mapping[str, int]) -> dict[str, float]:
    """Precision, recall and F1 of printed counts, if all three are known."""
    if not {"tp", "fp", "fn"} <= set(counts):
        return {}
    tp, fp, fn = (counts[k] for k in ("tp", "fp", "fn"))
    return {
        "precision": tp / max(tp + fp, 1),
        "recall": tp / max(tp + fn, 1),
        "f1": 2 * tp / max(2 * tp + fp + fn, 1),
    }


def _against_counts(
    scores: Mapping[str, Printed], tp: int, fp: int, fn: int
) -> list[SpottingFinding]:
    """Each printed score of spotting against what the printed counts give."""
    p, r = tp / max(tp + fp, 1), tp / max(tp + fn, 1)
    known = {
        "precision": p,
        "recall": r,
        "F1": 2 * tp / max(2 * tp + fp + fn, 1),
        "mean of precision and recall": (p + r) / 2,
        "true positives as a share of all three counts": tp / max(tp + fp + fn, 1),
        "true positives as a share of the false ones": tp / max(fp, 1),
        "share of the annotated intervals that is missed": fn / max(tp + fn, 1),
        "share of the spotted intervals that is wrong": fp / max(tp + fp, 1),
    }
    out = []
    for name in ("precision", "recall", "f1"):
        if name not in scores:
            continue
        said, title = scores[name], SCORES[name]
        value = known[title]
        if said.admits(value):
            out.append(SpottingFinding(name, said.text, True,
                                       f"{title} {said.text} is that of the counts."))  # fmt: skip
            continue
        words = (
            f"IMPOSSIBLE: {title} {said.text} is not that of TP {tp}, FP {fp}, FN {fn}, which is "
            f"{_share(value)}."
        )
        meant = [k for k, v in known.items() if k != title and said.admits(v)]
        if meant:
            words += f" It is the {' = '.join(meant)}."
        elif said.admits(value, said.slack):
            words += " A last digit that was cut or mistaken would explain it."
        out.append(SpottingFinding(name, said.text, False, words))
    return out


def _fitting_counts(
    scores: Mapping[str, Printed], counts: Mapping[str, int]
) -> tuple[list[tuple[int, int, int]], int] | None:
    """Counts that give all printed scores of spotting; None if too little is known."""
    total = counts.get("total")
    known = [n for n in ("precision", "recall", "f1") if n in scores]
    if total is None or not known or not ({"precision", "f1"} & set(known) or "fp" in counts):
        return None
    hits = [counts["tp"]] if "tp" in counts else range(total + 1)
    fitting: list[tuple[int, int, int]] = []
    n = 0
    for tp in hits:
        if "recall" in scores and not scores["recall"].admits(tp / max(total, 1)):
            continue
        for fp in _false_positives(scores, counts, tp, total):
            p, f = tp / max(tp + fp, 1), 2 * tp / max(tp + fp + total, 1)
            if ("precision" not in scores or scores["precision"].admits(p)) and (
                "f1" not in scores or scores["f1"].admits(f)
            ):
                n += 1
                if len(fitting) < 20:
                    fitting.append((tp, fp, total - tp))
    return fitting, n


def _false_positives(
    scores: Mapping[str, Printed], counts: Mapping[str, int], tp: int, total: int
) -> range:
    """The numbers of false positives that rounding leaves, given the true ones."""
    if "fp" in counts:
        return range(counts["fp"], counts["fp"] + 1)
    low, high = 0, _MOST
    if tp == 0:
        return range(0, 1)  # any number gives the same scores
    if "precision" in scores:
        least, most = scores["precision"].ends
        low = max(low, int(tp / max(most, 1e-12)) - tp - 1)
        high = min(high, int(tp / max(least, tp / _MOST)) - tp + 1)
    if "f1" in scores:
        least, most = scores["f1"].ends
        low = max(low, int(2 * tp / max(most, 1e-12)) - tp - total - 1)
        high = min(high, int(2 * tp / max(least, tp / _MOST)) - tp - total + 1)
    return range(max(low, 0), max(high, -1) + 1)


def _f1_of_both(scores: Mapping[str, Printed], group: str) -> list[SpottingFinding]:
    """Printed F1 against printed precision and recall, each rounded."""
    names = [f"{group}{k}" for k in ("precision", "recall", "f1")]
    if not set(names) <= set(scores):
        return []
    p, r, f = (scores[n] for n in names)
    ends = [2 * a * b / (a + b) if a + b else 0.0 for a, b in zip(p.ends, r.ends, strict=True)]
    title = SCORES[names[2]]
    if ends[0] - f.slack - 1e-12 <= f.value <= ends[1] + f.slack + 1e-12:
        words = f"{title} {f.text} is that of the printed precision and recall."
        return [SpottingFinding(names[2], f.text, True, words)]
    mean = (p.value + r.value) / 2
    words = (
        f"IMPOSSIBLE: {title} {f.text} is not that of precision {p.text} and recall {r.text}, "
        f"which lies from {_share(ends[0])} to {_share(ends[1])}."
    )
    if f.admits(mean, p.slack / 2 + r.slack / 2):
        words += " It is their arithmetic mean."
    elif "uf1" in scores and f.admits(scores["uf1"].value, scores["uf1"].slack):
        words += " It is the UF1."
    return [SpottingFinding(names[2], f.text, False, words)]


def _analysis(scores: Mapping[str, Printed]) -> list[SpottingFinding]:
    """UF1 and UAR of the analysis against its macro-precision and macro-recall."""
    out = []
    p, r = scores.get("analysis-precision"), scores.get("analysis-recall")
    if "uf1" in scores and p and r:
        said, most = scores["uf1"], (p.ends[1] + r.ends[1]) / 2
        if said.ends[0] > most + 1e-12:
            words = (
                f"IMPOSSIBLE: UF1 {said.text} is above {_share(most)}, the mean of macro-precision "
                "and macro-recall, which it cannot exceed over the same classes."
            )
            out.append(SpottingFinding("uf1", said.text, False, words))
    if "uar" in scores and r:
        said = scores["uar"]
        if not said.admits(r.value, r.slack):
            words = f"IMPOSSIBLE: UAR {said.text} is macro-recall, printed as {r.text}."
            if p and said.admits(p.value, p.slack):
                words += " It is the macro-precision: the two have changed places."
            out.append(SpottingFinding("uar", said.text, False, words))
    return out


def _product(scores: Mapping[str, Printed]) -> list[SpottingFinding]:
    """Which product the printed STRS is."""
    if "strs" not in scores or "f1" not in scores:
        return []
    said, spotted = scores["strs"], scores["f1"]
    factors = {
        "analysis-f1": "F1 of macro-precision and macro-recall, as the authors of STRS have it",
        "uf1": "UF1, which is not the authors' STRS",
    }
    meant, near = [], []
    for name, words in factors.items():
        if name in scores:
            low, high = (a * b for a, b in zip(spotted.ends, scores[name].ends, strict=True))
            if low - said.slack - 1e-12 <= said.value <= high + said.slack + 1e-12:
                meant.append(words)
            near.append(f"{_share(spotted.value * scores[name].value)} with {words.split(',')[0]}")
    if not near:
        return []
    if meant:
        text = f"STRS {said.text} is F1 of spotting times {'; or times '.join(meant)}."
        return [SpottingFinding("strs", said.text, True, text)]
    text = f"IMPOSSIBLE: STRS {said.text} is no product of the printed factors: {', '.join(near)}."
    return [SpottingFinding("strs", said.text, False, text)]
