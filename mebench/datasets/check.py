"""Is a database whole? Every row is compared with its frames, and every frame is decoded."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import BadInput, DataNotFound, MebenchError
from ..images import decode
from ..parallel import in_order
from ..spelling import in_words, person_spellings
from ..videos import contents
from .database import Annotations, Database, Folders, Progress
from .frames import Listing, list_frames
from .known_damage import known_problems
from .loader import choose_variant, clip_extent, table_rows
from .reading import read_annotations, rows_published, unread_units
from .registry import database

__all__ = ["Finding", "Report", "check", "doubts"]


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Parameters
    ----------
    severity : {"error", "warning"}
        An error keeps a clip from being used, or makes it wrong; a warning is for the record.
    where : str
        File, folder, clip, or row of the sheet.
    what : str
    """

    severity: str
    where: str
    what: str


@dataclass(frozen=True)
class Report:
    """What :func:`check` saw.

    Parameters
    ----------
    name : str
    root : Path
    version : str
        Of the annotation sheet, recognised by its content; "" where none could be read.
    findings : list of Finding
        All of them, errors first.
    counts : dict
        ``rows``, ``subjects``, ``label sets`` (label set → class → clips), and for each variant
        on disk ``folders`` and ``frames``.
    notes : list of str
        What the reader of the sheet had to say.
    """

    name: str
    root: Path
    version: str
    findings: list[Finding]
    counts: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        """The findings that are errors."""
        return [f for f in self.findings if f.severity == "error"]

    @property
    def warnings(self) -> list[Finding]:
        """The findings that are warnings."""
        return [f for f in self.findings if f.severity == "warning"]


def check(
    name: str,
    root: str | os.PathLike[str] | None = None,
    *,
    sheet: str | None = None,
    variant: str = "all",
    n_jobs: int = -1,
    progress: Progress | None = None,
) -> Report:
    """Walk through a whole database and list all that is wrong with it.

    Parameters
    ----------
    name, root, sheet
        As in :func:`mebench.datasets.load`.
    variant : str, default "all"
        Kind of frames to look at; "all" looks at every kind that is there.
    n_jobs : int, default -1
        Threads that decode; -1 is one per core. The report does not depend on it.
    progress : callable (done, total), optional
        Called with numbers of frames.

    Returns
    -------
    Report

    Raises
    ------
    DataNotFound
        The folder of the database is not known or not there; whatever is wrong inside it is a
        finding, not an exception.
    BadInput
        Unknown name or variant.
    """
    one = database(name)
    folder = one.root(root, variant="auto" if variant == "all" else variant)
    findings: list[Finding] = []
    counts: dict[str, Any] = {}
    annotations = None
    try:
        annotations = read_annotations(one, folder, sheet)
    except MebenchError as error:
        findings.append(Finding("error", "sheet", str(error)))
    if variant != "all" and variant not in one.variants:
        choose_variant(one, folder, variant)  # says what there is
    kinds: list[Folders] = []
    unplaced = []
    try:
        kinds = [f for f in one.folders(folder) if variant in ("all", f.variant)]
        if not kinds:
            choose_variant(one, folder, "auto" if variant == "all" else variant)
    except MebenchError as error:
        unplaced.append(Finding("error", str(folder), str(error)))
    if annotations is not None:
        if one.published and not annotations.recognised:
            known = rows_published(one.card)
            if known and len(annotations.table) not in known:
                what = f"{len(annotations.table)} rows (published: {_either(known)})"
                findings.append(Finding("warning", annotations.version, what))
        findings += [Finding("warning", "sheet", what) for what in annotations.warnings]
        recording = any(f.extent == "recording" for f in kinds)
        _check_rows(one, annotations, recording, findings, counts)
    findings += unplaced
    findings += [Finding("warning", *found) for found in known_problems(one.card.name, folder)]
    _check_frames(kinds, annotations, findings, counts, n_jobs, progress)
    if annotations is not None:
        findings += [found for folders in kinds for found in _twins(folders, annotations)]
    return Report(
        one.card.name,
        folder,
        annotations.version if annotations else "",
        sorted(findings, key=lambda f: f.severity != "error"),
        counts,
        list(annotations.notes) if annotations else [],
    )


def doubts(name: str, root: str | os.PathLike[str]) -> str:
    """Why a folder may not be that of a database, at a glance; "" where nothing speaks against it.

    Frames are not read: :func:`check` does that.
    """
    one, folder = database(name), Path(root)
    annotations, kinds = None, []
    with suppress(MebenchError):
        annotations = read_annotations(one, folder)
    with suppress(MebenchError):
        kinds = [found for found in one.folders(folder) if found.clips]
    if annotations is None:
        return "no annotation sheet is found there" + ("" if kinds else ", nor frames")
    if not kinds:
        return "no frames are found there"
    known, n = rows_published(one.card), len(annotations.table)
    if one.published and not annotations.recognised and known and n not in known:
        return f"its annotation sheet has {n} rows, and was published with {_either(known)}"
    return ""


def _check_rows(
    one: Database,
    annotations: Annotations,
    recording: bool,
    findings: list[Finding],
    counts: dict[str, Any],
) -> None:
    table = annotations.table
    seen: dict[tuple[Any, ...], str] = {}
    no_apex, on_onset = [], []
    unread = unread_units(table)
    for row, emotion in zip(table_rows(table), table["emotion"], strict=True):
        place = annotations.rows.get(row.row_id, f"row {row.row_id}")
        where = f"{row.subject}/{row.clip} ({place})"
        key = (row.subject, row.clip, row.onset)
        if key in seen:
            findings.append(Finding("error", where, f"the same clip and onset as {seen[key]}"))
        seen.setdefault(key, place)
        onset, apex, offset = row.onset, row.apex, row.offset
        # Clips that are there to be predicted may be listed without marks.
        unmarked = annotations.unmarked or row.row_id in annotations.unlabelled
        if unmarked and (onset is None or not offset):
            pass  # the folder says where the clip begins and ends
        elif onset is None:
            findings.append(Finding("error", where, "no onset"))
        elif not offset:
            end = "apex" if recording else "last frame"
            findings.append(Finding("warning", where, f"no offset; the {end} is taken"))
        elif onset > offset:
            findings.append(Finding("error", where, f"onset {onset} after offset {offset}"))
        elif apex is not None and not onset <= apex <= offset:
            what = f"apex {apex} outside onset {onset} to offset {offset}; it is not used"
            findings.append(Finding("warning", where, what))
        if apex is None and not unmarked:
            no_apex.append(f"{row.subject}/{row.clip}")
        if apex is not None and apex == onset:
            on_onset.append(f"{row.subject}/{row.clip}/{onset}")
        if pieces := unread.get(row.row_id):
            what = "pieces of the action units that cannot be read and code no unit"
            findings.append(Finding("warning", where, f"{what}: {', '.join(map(repr, pieces))}"))
        if pd.isna(emotion) and row.row_id not in annotations.unlabelled:
            findings.append(Finding("warning", where, "no emotion; in no label set by emotion"))
    if no_apex:
        what = f"{len(no_apex)} rows without an apex: {', '.join(no_apex)}"
        findings.append(Finding("warning", "sheet", what))
    if on_onset:
        what = (
            f"{len(on_onset)} rows with the apex on the onset, so that features from onset to apex "
            f"are all zero (mebench run --apex replaces it): {', '.join(on_onset)}"
        )
        findings.append(Finding("warning", "sheet", what))
    for name, people in _by_dataset(table, one):
        if alike := in_words(person_spellings(people["subject"])):
            what = f"subjects that look like one person but count as several: {alike}"
            findings.append(Finding("warning", str(name), what))
    counts["rows"] = len(table)
    counts["subjects"] = int(table["subject"].nunique())
    counts["label sets"] = {}
    for labels in one.labels.values():
        found = Counter(labels.assign(table).dropna())
        counts["label sets"][labels.name] = {c: found[c] for c in labels.classes}
        published = annotations.counts.get(labels.name, {})
        wrong = [f"{c} {found[c]} (published: {n})" for c, n in published.items() if found[c] != n]
        if wrong:
            what = f"label set {labels.name}: {', '.join(wrong)}"
            findings.append(Finding("warning", annotations.version, what))


def _by_dataset(table: pd.DataFrame, one: Database) -> Iterable[tuple[Any, pd.DataFrame]]:
    return table.groupby("dataset") if "dataset" in table else [(one.card.name, table)]


def _check_frames(
    kinds: list[Folders],
    annotations: Annotations | None,
    findings: list[Finding],
    counts: dict[str, Any],
    n_jobs: int,
    progress: Progress | None,
) -> None:
    listings: list[Listing] = []
    for folders in kinds:
        if annotations is not None:
            _check_folders(folders, annotations, findings)
        for path in folders.stray:
            findings.append(_stray(path))
        mine = []
        said = {finding.what for finding in findings}  # of folders that have a row
        for path in sorted(set(folders.clips.values())):
            try:
                mine.append(list_frames(path))
            except (DataNotFound, BadInput) as error:
                if str(error) in said:
                    continue
                if annotations is None or isinstance(error, DataNotFound):
                    findings.append(Finding("error", path, str(error)))
        counts[folders.variant] = {
            "folders": len(mine),
            "frames": sum(len(listing.names) for listing in mine),
        }
        for listing in mine:
            for file in listing.stray:
                findings.append(_stray(os.path.join(listing.folder, file)))
            for a, b in listing.repeats():
                what = f"{a} and {b} claim the same frame number"
                findings.append(Finding("error", listing.folder, what))
        listings += mine
    if not listings:
        return

    total = sum(len(listing.names) for listing in listings)
    done = 0
    work = in_order(_decode, ((listing,) for listing in listings), n_jobs)
    for listing, found in zip(listings, work, strict=True):
        findings += found
        done += len(listing.names)
        if progress is not None:
            progress(done, total)


def _twins(folders: Folders, annotations: Annotations) -> list[Finding]:
    """Folders of different persons with the same files, which is a mistake of somebody's."""
    table = annotations.table
    called = table["folder"] if "folder" in table else table["clip"]
    alike: dict[tuple[int, ...], dict[tuple[str, str], str]] = {}
    for row, name in zip(table_rows(table), called, strict=True):
        path = folders.folder(row.subject, str(name))
        with suppress(MebenchError, OSError):
            if path is not None and (sizes := tuple(map(os.path.getsize, _files(path)))):
                alike.setdefault(sizes, {})[row.subject, str(name)] = path
    found = []
    for places in alike.values():  # most sizes occur once, and nothing more is read of those
        first: dict[str, str] = {}
        for (person, name), path in places.items() if len(places) > 1 else ():
            with suppress(MebenchError, OSError):
                other = first.setdefault(_content(path), person)
                if other != person:
                    what = f"the same frames as a clip of subject {other}"
                    found.append(Finding("error", f"{person}/{name} ({folders.variant})", what))
    return found


def _files(path: str) -> list[str]:
    listing = list_frames(path)
    return [path] if listing.video else [os.path.join(path, name) for name in listing.names]


def _content(path: str) -> str:
    h = hashlib.blake2b(digest_size=20)
    for file in _files(path):
        h.update(Path(file).read_bytes())
    return h.hexdigest()


def _stray(path: str) -> Finding:
    kind = "folder" if os.path.isdir(path) else "file"
    return Finding("warning", path, f"stray {kind}; passed over")


def _check_folders(folders: Folders, annotations: Annotations, findings: list[Finding]) -> None:
    used = set()
    table = annotations.table
    called = table["folder"] if "folder" in table else table["clip"]
    for row, name in zip(table_rows(table), called, strict=True):
        where = f"{row.subject}/{row.clip} ({folders.variant})"
        path = folders.folder(row.subject, str(name))
        if path is None:
            findings.append(Finding("error", where, f"no such folder under {folders.root}"))
            continue
        used.add(path)
        try:
            listing = list_frames(path)
        except (DataNotFound, BadInput) as error:
            findings.append(Finding("error", where, str(error)))
            continue
        numbers = listing.numbers
        if not numbers:
            findings.append(Finding("error", where, f"no frames in {path}"))
            continue
        if row.onset is not None and row.offset and row.onset > row.offset:
            continue  # said already, of the row
        try:
            onset, offset, _ = clip_extent(folders.extent, listing, row.onset, row.apex, row.offset)
        except BadInput as error:
            findings.append(Finding("error", where, str(error)))
            continue
        if offset is None or onset > offset:
            continue
        absent = sorted(set(range(onset, offset + 1)) - set(numbers))
        if len(absent) == offset - onset + 1:
            what = (
                f"no frame from onset {onset} to offset {offset}, only {numbers[0]} to "
                f"{numbers[-1]}"
            )
            findings.append(Finding("error", where, what))
        elif absent:
            what = f"{len(absent)} of {offset - onset + 1} frames missing: {_ranges(absent)}"
            findings.append(Finding("warning", where, what))
    for path in sorted(set(folders.clips.values()) - used):
        findings.append(Finding("warning", path, "no row in the sheet; not used"))


def _decode(listing: Listing) -> list[Finding]:
    """What is wrong with the images of one folder, or the frames of one video."""
    findings = []
    if listing.video:
        try:
            seen = contents(listing.folder)  # decodes all of it
        except (DataNotFound, BadInput) as error:
            return [Finding("error", listing.folder, str(error))]
        harmed = seen.breaks_off or seen.lost or seen.damaged
        severity = "error" if harmed else "warning"
        return [Finding(severity, listing.folder, note) for note in seen.notes()]
    sizes: dict[tuple[int, ...], list[str]] = {}
    for name in listing.names:
        path = os.path.join(listing.folder, name)
        try:
            image, problem = decode(path)  # as a run does
        except DataNotFound as error:
            image, problem = None, str(error)
        if image is None:
            findings.append(Finding("error", path, problem))
        else:
            sizes.setdefault(image.shape[:2], []).append(name)
    if len(sizes) > 1:
        # The odd ones out are those that differ from the commonest size.
        common = max(sizes, key=lambda shape: len(sizes[shape]))
        for shape, names in sizes.items():
            if shape != common:
                what = (
                    f"{shape[1]}×{shape[0]} where {len(sizes[common])} frames are "
                    f"{common[1]}×{common[0]}: {', '.join(names)}"
                )
                findings.append(Finding("error", listing.folder, what))
    return findings


def _either(numbers: Iterable[int]) -> str:
    return " or ".join(map(str, sorted(numbers)))


def _ranges(numbers: Iterable[int]) -> str:
    """``3–5, 9`` of 3, 4, 5, 9."""
    spans: list[list[int]] = []
    for n in numbers:
        if spans and n == spans[-1][1] + 1:
            spans[-1][1] = n
        else:
            spans.append([n, n])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in spans)
