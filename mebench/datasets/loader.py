"""From a database on disk to :class:`Samples`: what all databases have in common.

A database is one module that defines ``DATABASE``: its card, its label sets, a reader of its
sheets and a finder of its frame folders. Everything after that happens here, once for all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import BadInput, DataNotFound
from .database import Annotations, Database, Folders
from .folders import scan
from .labels import LabelSet

if TYPE_CHECKING:
    import pandas as pd

    from ..clip import Clip
    from .frames import Listing
    from .landmark_folders import Place
    from .samples import Samples

__all__ = [
    "Row",
    "choose_variant",
    "clip_extent",
    "load_annotations",
    "load_places",
    "load_samples",
    "load_unlabelled",
    "table_rows",
]

_PACKED = (".zip", ".7z", ".rar", ".tar", ".tar.gz", ".tgz")


class Row(NamedTuple):
    """What a frame folder is compared with: one row of the table, missing numbers as None."""

    row_id: int
    subject: str
    clip: str
    onset: int | None
    apex: int | None
    offset: int | None


def table_rows(table: pd.DataFrame) -> Iterator[Row]:
    """The rows of an annotation table, typed."""

    def whole(column: str) -> list[int | None]:
        return [
            None if v is None else int(v)
            for v in table[column].astype(object).where(table[column].notna(), None)
        ]

    for row_id, subject, clip, *marks in zip(
        table["row_id"],
        table["subject"],
        table["clip"],
        *(whole(c) for c in ("onset", "apex", "offset")),
        strict=True,
    ):
        yield Row(int(row_id), str(subject), str(clip), *marks)


def load_annotations(
    database: Database,
    root: Path,
    labels: str | None = None,
    sheet: str | None = None,
) -> tuple[pd.DataFrame, list[str]]:
    """All rows of the sheet with their labels (missing where a row takes no part), and notes."""
    from .samples import COLUMNS

    table, notes = _labelled(database, root, labels, sheet)
    return table[list(COLUMNS)], notes


def _columns(table: pd.DataFrame) -> list[str]:
    """Those of every table, and the part of the release where a database has parts."""
    from .samples import COLUMNS

    return [*COLUMNS, *(["part"] if "part" in table else [])]


def _labelled(
    database: Database, root: Path, labels: str | None, sheet: str | None
) -> tuple[pd.DataFrame, list[str]]:
    """As :func:`load_annotations`, with the column ``folder``: what the clip is called on disk."""
    from .reading import read_annotations
    from .samples import COLUMNS

    annotations = read_annotations(database, root, sheet)
    chosen = database.label_set(labels)
    table = annotations.table.copy()
    if "dataset" not in table:
        table["dataset"] = database.card.name
    if "fps" not in table:
        table["fps"] = database.card.fps
    if "folder" not in table:
        table["folder"] = table["clip"]
    table["label"] = chosen.assign(table)
    if annotations.unlabelled:  # no unit is coded there, which is not to say that it is absent
        table.loc[table["row_id"].isin(annotations.unlabelled), "label"] = None
    table["clip_id"] = _clip_ids(table, annotations)
    # pandas 2 and 3 disagree about the type of text; the table is the same under both.
    text = [c for c in COLUMNS if c not in ("onset", "apex", "offset", "fps", "row_id")]
    for column in text:
        table[column] = table[column].astype(object).where(table[column].notna(), None)
    notes = [*annotations.notes, _selection(chosen, table)]
    notes += _against_published(chosen, table, annotations)
    more = [c for c in ("folder", "landmarks") if c in table]
    return table[[*_columns(table), *more]], notes


def load_samples(
    database: Database,
    root: Path,
    *,
    labels: str | None = None,
    variant: str = "auto",
    sheet: str | None = None,
    missing: str = "error",
    colour: bool = False,
) -> Samples:
    """The clips of a database and their table; see :func:`mebench.datasets.load`."""
    from .samples import Samples

    if missing not in ("error", "skip"):
        raise BadInput(f"missing={missing!r} is not a policy: give 'error' or 'skip'.")
    table, notes = _labelled(database, root, labels, sheet)
    chosen = database.label_set(labels)
    table = _with_labels(database, table, chosen)
    folders = choose_variant(database, root, variant)
    where = folders.root.relative_to(root)
    called = root.resolve().name if where == Path() else where
    notes.append(f"{folders.variant} frames from {called}")
    clips, used, told = _clips(database, table, folders, colour, missing)
    if not clips:
        raise DataNotFound(
            f"{database.card.title}: none of {len(table)} clips of the label set {chosen.name!r} "
            f"can be used from {folders.root}. {' '.join(told)}"
        )
    return Samples(clips, used, chosen.classes, [*notes, *told], chosen.name)


def _with_labels(database: Database, table: pd.DataFrame, chosen: LabelSet) -> pd.DataFrame:
    """The rows that the label set takes; where there are none, an error that says why."""
    title = database.card.title
    if table.empty:
        raise DataNotFound(f"{title}: the sheet has no rows below its header.")
    if table["emotion"].isna().all() and table["label"].isna().all():
        raise DataNotFound(
            f"{title}: none of the {len(table)} clips has an emotion. To predict them, train on "
            f"others: mebench run --dataset … --test {database.card.name} --predictions out.csv."
        )
    if table["label"].isna().all():
        raise DataNotFound(
            f"{title}: {_selection(chosen, table)}. Expected {', '.join(chosen.classes)}. Correct "
            "the sheet, choose other --labels, or name another sheet (`sheet=`)."
        )
    return table[table["label"].notna()].reset_index(drop=True)


def load_unlabelled(
    database: Database,
    root: Path,
    *,
    labels: str | None = None,
    variant: str = "auto",
    sheet: str | None = None,
    missing: str = "error",
    colour: bool = False,
) -> tuple[list[Clip], pd.DataFrame, list[str]]:
    """All clips of a database, labelled or not, their table, and notes.

    Parameters
    ----------
    database, root, labels, variant, sheet, missing, colour
        As in :func:`load_samples`; ``label`` is missing where nobody annotated it.
    """
    table, notes = _labelled(database, root, labels, sheet)
    folders = choose_variant(database, root, variant)
    table = table.reset_index(drop=True)
    clips, used, told = _clips(database, table, folders, colour, missing)
    return clips, used, [*notes, *told]


def _clips(
    database: Database, table: pd.DataFrame, folders: Folders, colour: bool, missing: str
) -> tuple[list[Clip], pd.DataFrame, list[str]]:
    """The clips that can be used and their rows; what is to be said of the others."""
    from .landmark_folders import attach_landmarks

    clips, keep, told, places = _build(table, folders, colour, missing)
    clips, said = attach_landmarks(database.card.name, folders, table.iloc[keep], clips, places)
    used = table.iloc[keep].reset_index(drop=True)[_columns(table)]
    for i, clip in enumerate(clips):
        if clip.apex is None and used.at[i, "apex_source"] != "none":
            used.loc[i, "apex_source"] = "none"
            used.loc[i, "apex"] = None
    return clips, used, [*told, *said]


def load_places(
    database: Database, root: Path, variant: str = "auto"
) -> tuple[list[Clip], list[Place], str]:
    """All clips that can be read, where each comes from, and the kind of frames."""
    table, _ = _labelled(database, root, None, None)
    folders = choose_variant(database, root, variant)
    clips, _, _, places = _build(table, folders, False, "skip")
    return clips, places, folders.variant


def choose_variant(database: Database, root: Path, variant: str = "auto") -> Folders:
    """The folders of the variant asked for; "auto" takes the first of the database's variants.

    Raises
    ------
    BadInput
        The database has no such variant.
    DataNotFound
        It is not on disk.
    """
    if variant not in ("auto", *database.variants):
        raise BadInput(
            f"{database.card.title} has no variant {variant!r}: give 'auto' or one of "
            f"{', '.join(database.variants)}."
        )
    found = database.folders(root)
    for folders in found:
        if variant in ("auto", folders.variant):
            return folders
    there = f"only {', '.join(f.variant for f in found)} frames" if found else "no frame folders"
    wanted = "" if variant == "auto" else f"{variant} "
    raise DataNotFound(
        f"{database.card.title}: {wanted}frames were expected under {root} in folders such as "
        f"sub01/<clip>/, found {there}. Unpack the database there, or give the folder that "
        "holds it."
    )


def _not_there(folders: Folders, subject: str, called: str) -> str:
    """That a clip has no folder, and where it was looked for."""
    if folders.depth:
        return (
            f"No folder called {called} lies under {folders.root}, up to {folders.depth} folders "
            "deep."
        )
    return f"There is no folder {folders.root / subject / called}."


def _still_packed(root: Path) -> str:
    """That archives lie where folders are missed; nothing where none do."""
    found = [e.name for e in scan(root) if e.name.lower().endswith(_PACKED)]
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f" {found[0]}{more} is there and may have to be unpacked." if found else ""


def _build(
    table: pd.DataFrame, folders: Folders, colour: bool, missing: str
) -> tuple[list[Clip], list[int], list[str], list[Place]]:
    from ..clip import Clip, FrameFiles, VideoFile
    from .frames import cut, list_frames
    from .landmark_folders import Place

    clips: list[Clip] = []
    keep: list[int] = []
    places: list[Place] = []
    skipped: list[str] = []
    holes: list[str] = []
    moved: list[str] = []
    open_ended: list[str] = []
    outside: list[str] = []
    packed: str | None = None  # looked for where a clip is missed, once
    listings: dict[str, Listing] = {}  # several clips may lie in one folder
    rows = zip(
        map(str, table["clip_id"]), map(str, table["folder"]), table["fps"], table_rows(table),
        strict=True,
    )  # fmt: skip
    for i, (clip_id, called, fps, row) in enumerate(rows):
        _, subject, name, onset, apex, offset = row
        path = folders.folder(subject, called)
        try:
            if path is None:
                packed = _still_packed(folders.root) if packed is None else packed
                raise DataNotFound(_not_there(folders, subject, called) + packed)
            if path not in listings:
                listings[path] = list_frames(path)
            listing = listings[path]
            start, end, ended = clip_extent(folders.extent, listing, onset, apex, offset)
            if folders.extent == "whole":
                apex = None
            inside = apex is None or end is None or start <= apex <= end
            part = cut(listing, start, apex if inside else None, end)
        except (DataNotFound, BadInput) as error:
            if missing == "error":
                raise type(error)(
                    f"{clip_id}: {error} Repair it, or leave such clips out with "
                    "--missing skip (in Python: missing='skip'); they are counted."
                ) from error
            skipped.append(f"{subject}/{name} ({error})")
            continue
        if ended:
            open_ended.append(f"{subject}/{name} ({end})")
        if not inside:
            outside.append(f"{subject}/{name} ({apex}, clip {start}–{end})")
        if part.absent:
            holes.append(f"{subject}/{name} ({part.absent} of {part.expected})")
        if part.moved:
            moved.append(f"{subject}/{name} ({', '.join(part.moved)})")
        frames: FrameFiles | VideoFile
        if listing.video:
            frames = VideoFile(path, start, len(part.paths), colour)
        else:
            frames = FrameFiles(part.paths, colour)
        rate = None if fps is None or fps != fps else float(fps)
        clips.append(Clip(clip_id, frames, fps=rate, apex=part.apex))
        keep.append(i)
        places.append(Place(listing, start, len(part.paths), subject, called))
    last = "apex, which ends them" if folders.extent == "recording" else "last frame of the folder"
    told = [
        _list("left out because it cannot be used", skipped),
        _list("with frames missing between onset and offset, used without them", holes),
        _list("whose marked frame is missing, so that the nearest one stands for it", moved),
        _list(f"without an offset in the sheet, taken to the {last}", open_ended),
        _list("whose apex lies outside the clip, treated as not annotated", outside),
    ]
    return clips, keep, [note for note in told if note], places


def clip_extent(
    extent: str, listing: Listing, onset: int | None, apex: int | None, offset: int | None
) -> tuple[int, int | None, bool]:
    """First and last frame number of a clip, and whether the last is not what the sheet says.

    Raises
    ------
    BadInput
        Nothing says where in its recording the clip begins or ends.
    """
    first, last = (listing.numbers[0], listing.numbers[-1]) if listing.numbers else (0, None)
    if extent == "whole":
        return first, last, False
    if extent == "recording":
        if onset is None:
            raise BadInput("The sheet gives no onset.")
        if not offset and apex is None:
            raise BadInput("The sheet gives neither an offset nor an apex.")
        return onset, offset or apex, not offset
    # A blank or 0 for an offset: the folder ends where the clip does.
    return (first if onset is None else onset), offset or last, not offset


def _clip_ids(table: pd.DataFrame, annotations: Annotations) -> list[str]:
    keys = list(zip(table["dataset"], table["subject"], table["clip"], strict=True))
    times = Counter(keys)
    ids = [
        "/".join(key) if times[key] == 1 else f"{'/'.join(key)}/{onset}"
        for key, onset in zip(keys, table["onset"], strict=True)
    ]
    for clip_id, n in Counter(ids).items():
        if n > 1:
            where = [
                annotations.rows[r]
                for r, i in zip(table["row_id"], ids, strict=True)
                if i == clip_id
            ]
            raise BadInput(
                f"{clip_id} stands twice in the sheet with the same onset ({'; '.join(where)}). "
                "Remove one of the rows."
            )
    return ids


def _selection(chosen: LabelSet, table: pd.DataFrame) -> str:
    out = table["label"].isna()
    counted = Counter(v or "(blank)" for v in table.loc[out, chosen.column])
    text = f"{int((~out).sum())} of {len(table)} rows in {chosen.name} ({chosen.words})"
    if counted:
        text += "; left out: " + ", ".join(f"{k} {n}" for k, n in sorted(counted.items()))
    return text


def _against_published(
    chosen: LabelSet, table: pd.DataFrame, annotations: Annotations
) -> list[str]:
    published = annotations.counts.get(chosen.name)
    if not published:
        return []
    found = Counter(table["label"].dropna())
    wrong = [f"{c} {found[c]} ({published[c]})" for c in published if found[c] != published[c]]
    if not wrong:
        return []
    return [
        f"{annotations.version}: counts differ from the published ones (in brackets): "
        + ", ".join(wrong)
    ]


def _list(what: str, items: Collection[str], most: int = 12) -> str:
    if not items:
        return ""
    shown: Iterable[str] = list(items)[:most]
    more = f"; and {len(items) - most} more, see `mebench data check`" if len(items) > most else ""
    return f"{len(items)} clip{'s' if len(items) > 1 else ''} {what}: {'; '.join(shown)}{more}"
