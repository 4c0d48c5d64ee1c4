"""Anybody's own clips, listed in one CSV or Parquet file: a manifest.

One row per clip. Columns, in any order and case (others are passed over and named in the notes;
one that looks like a misspelt name of these, while that is absent, is an error):

===========  ==================================================================================
clip_id      any text, once in the file
subject      any text; people are kept apart by it
label        any text; the class
frames       folder of images, or a video file; also ``path``, ``video`` or ``folder``
onset        optional; first frame of the clip
apex         optional
offset       optional; last frame of the clip
fps          optional
au           optional; action units as in ``4+L12B``
dataset      optional; default: the name of the file
===========  ==================================================================================

Frame numbers are those in the names of the image files; frames of a video count from 0. Without
onset and offset the whole folder or video is the clip. Paths are relative to the manifest. A
relative path may not lead out of the manifest's folder, neither by ``../`` nor through a symbolic
link; an absolute path may lead anywhere, since it says so openly.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput, DataNotFound, MebenchError
from .cards import Card
from .database import Annotations, Database, Folders, Progress
from .labels import MEGC3, LabelSet, emotions, objective_sets

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["manifest", "manifest_folders", "read_manifest"]


_NAMES = {
    "clip_id": ("clip_id", "clipid", "clip", "id"),
    "subject": ("subject",),
    "label": ("label", "emotion", "class"),
    "frames": ("frames", "path", "video", "folder", "file"),
    "onset": ("onset",),
    "apex": ("apex",),
    "offset": ("offset",),
    "fps": ("fps",),
    "au": ("au", "aus", "action_units", "actionunits"),
    "dataset": ("dataset",),
}
_NEEDED = ("clip_id", "subject", "label", "frames")
_OPTIONAL = tuple(name for name in _NAMES if name not in _NEEDED)


def manifest(path: str | os.PathLike[str]) -> Database:
    """The database that a manifest describes.

    Raises
    ------
    DataNotFound
        No such file.
    BadInput
        A column is missing, a cell cannot be read, a clip_id repeats, or a path leads out of
        the manifest's folder.
    """
    file = Path(path).expanduser()
    name = file.stem
    table, _ = read_manifest(file, name)
    card = Card(
        name=name,
        title=f"the manifest {file.name}",
        citation="",
        bibtex="",
        licence="",
        request_page="",
        fps=None,
        resolution="",
        annotated=", ".join(c for c in ("onset", "apex", "offset", "au") if table[c].notna().any()),
        clips=len(table),
        subjects=len(set(zip(table["dataset"], table["subject"], strict=True))),
    )

    def locate(root: str | os.PathLike[str] | None, progress: Progress | None = None) -> Path:
        folder = Path(root).expanduser() if root is not None else file.parent
        if not folder.is_dir():
            raise DataNotFound(f"There is no folder {folder}, where {file.name} should find clips.")
        return folder

    return Database(
        card,
        _label_sets(table),
        ("listed",),
        lambda root, sheet: _annotations(file, name),
        lambda root: [manifest_folders(file, name, root)],
        locate=locate,
        published=False,
    )


def read_manifest(file: Path, name: str) -> tuple[pd.DataFrame, dict[int, str]]:
    """The rows of a manifest, typed, and where each stands.

    Raises
    ------
    DataNotFound, BadInput
        See :func:`manifest`.
    """
    import pandas as pd

    from ..tables import other_separator, shortened
    from .reading import typed
    from .sheets import cell_text

    raw = _raw(file)
    keys = {_plain_name(c): c for c in raw.columns}
    where = {k: next((keys[a] for a in names if a in keys), None) for k, names in _NAMES.items()}
    for column, key in _strangers(raw).items():
        if key and where[key] is None:
            raise BadInput(
                f"{file}: the column {shortened(column)} is none of a manifest's, and {key} is "
                f"absent. Did you mean {key!r}? Rename the column, or leave it out."
            )
    if missing := [k for k in _NEEDED if where[k] is None]:
        raise BadInput(
            f"{file}: the column(s) {', '.join(missing)} are missing; found "
            f"{', '.join(map(str, raw.columns)) or 'no columns'}. A manifest needs "
            f"{', '.join(_NEEDED)}, and may have {', '.join(_OPTIONAL)}."
            f"{other_separator(list(map(str, raw.columns)))}"
        )
    if raw.empty:
        raise BadInput(f"{file} lists no clips.")
    lines = {i: f"line {i + 2}" for i in range(len(raw))}

    def text(key: str) -> list[str | None]:
        if where[key] is None:
            return [None] * len(raw)
        return [cell_text(v) or None for v in raw[where[key]]]

    def number(key: str, whole: bool) -> list[float | None]:
        out: list[float | None] = []
        for i, cell in enumerate(text(key)):
            try:
                value = None if cell is None else float(cell)
            except ValueError:
                value = float("nan")
            # Beyond 2^53 a float no longer tells neighbouring frames apart; nan fails both.
            good = value is None or (0 <= value < 2**53 and value.is_integer() if whole
                                     else 0 < value < float("inf"))  # fmt: skip
            if not good:
                wanted = "a whole number, 0 or more" if whole else "a number above 0"
                raise BadInput(
                    f"{file}, {lines[i]}: {key} is {shortened(cell)}; expected {wanted}."
                )
            out.append(value)
        return out

    for key in _NEEDED:
        for i, cell in enumerate(text(key)):
            if cell is None:
                raise BadInput(f"{file}, {lines[i]}: {key} is blank.")
    table = pd.DataFrame(
        {
            "clip": text("clip_id"),
            "subject": text("subject"),
            "emotion": text("label"),
            "frames": [str(p) for p in text("frames")],
            "onset": number("onset", True),
            "apex": number("apex", True),
            "offset": number("offset", True),
            "fps": number("fps", False),
            "au": text("au"),
            "dataset": [d or name for d in text("dataset")],
            "row_id": range(len(raw)),
        }
    )
    table["fps"] = table["fps"].astype(float)
    seen: dict[str, int] = {}
    for i, clip in enumerate(table["clip"]):
        if (first := seen.setdefault(clip.lower(), i)) != i:
            raise BadInput(
                f"{file}, {lines[i]}: clip_id {shortened(clip)} stands in {lines[first]} too."
            )
    for i, path in enumerate(table["frames"]):
        inside = os.path.normpath(path.replace("\\", "/") if os.sep == "/" else path)
        if not os.path.isabs(inside) and inside.split(os.sep)[0] == os.pardir:
            raise BadInput(
                f"{file}, {lines[i]}: the path {shortened(path)} leads out of the manifest's "
                "folder. Move the manifest above its clips, or give an absolute path."
            )
        # A link may lead out as ../ does, and is less easily seen.
        if not os.path.isabs(inside) and not _within(file.parent, inside):
            raise BadInput(
                f"{file}, {lines[i]}: {shortened(path)} is reached through a link that leads out "
                "of the manifest's folder. Give the absolute path, so that it is seen."
            )
        table.at[i, "frames"] = inside
    return typed(table), lines


def _strangers(raw: pd.DataFrame) -> dict[str, str]:
    """The columns that are none of a manifest's, and which of those each may be meant for."""
    aliases = {alias: key for key, names in _NAMES.items() for alias in names}
    found = {}
    for column in map(str, raw.columns):
        name = _plain_name(column)
        if name and name not in aliases:
            near = difflib.get_close_matches(name, aliases, n=1, cutoff=0.8)
            found[column] = aliases[near[0]] if near else ""
    return found


def _plain_name(column: object) -> str:
    return "".join(str(column).lower().replace("\ufeff", "").split())


def _within(folder: Path, path: str) -> bool:
    """Whether a relative path, its links followed, stays in a folder whose own links are too."""
    top = os.path.realpath(folder)
    try:
        return os.path.commonpath([top, os.path.realpath(os.path.join(top, path))]) == top
    except ValueError:  # another drive, or a NUL in the path
        return "\0" in path


def _raw(file: Path) -> pd.DataFrame:
    import pandas as pd

    from ..tables import read_csv

    if not file.is_file():
        raise DataNotFound(
            f"There is no manifest {file}. Give the path of a CSV or Parquet file, or the name of "
            "a database (see `mebench list datasets`)."
        )
    try:
        if file.suffix.lower() == ".csv":
            return read_csv(file)
        return pd.read_parquet(file)
    except MebenchError:
        raise
    except ImportError as error:
        raise BadInput(
            f"{file}: reading Parquet needs the package pyarrow: `pip install pyarrow`, or save "
            "the manifest as CSV."
        ) from error
    except Exception as error:  # parsers raise anything
        problem = f"{file} cannot be read as a table ({type(error).__name__}: {error})."
        raise BadInput(problem) from error


def _annotations(file: Path, name: str) -> Annotations:
    from ..tables import shortened
    from .reading import objective_classes

    table, lines = read_manifest(file, name)
    classes, notes = objective_classes(table, {})
    table["objective_class"] = classes
    table["folder"] = table["clip"]
    version = f"manifest, {len(table)} rows"
    strange = [
        shortened(column) + (f" (did you mean {key!r}?)" if key else "")
        for column, key in _strangers(_raw(file)).items()
    ]
    passed = [f"{file.name}: columns passed over: {', '.join(strange)}"] if strange else []
    return Annotations(
        table, version, {}, [f"{file.name}: {version}", *notes, *passed], lines, unmarked=True,
        warnings=passed,
    )  # fmt: skip


def manifest_folders(file: Path, name: str, root: Path) -> Folders:
    """Where the frames of each clip of a manifest lie; relative paths start at `root`."""
    table, _ = read_manifest(file, name)
    clips = {
        (str(subject), str(clip).lower()): os.path.join(root, path)
        for subject, clip, path in zip(
            table["subject"], table["clip"], table["frames"], strict=True
        )
    }
    return Folders("listed", root, clips)


def _label_sets(table: pd.DataFrame) -> dict[str, LabelSet]:
    classes = tuple(sorted(set(table["emotion"])))
    sets = {"all": emotions("all", "the labels as given", classes)}
    three = _challenge(classes)
    if three:
        sets["3class"] = three
    if table["au"].notna().any():
        sets.update(objective_sets(official=False))
    return sets


def _challenge(classes: Sequence[str]) -> LabelSet | None:
    """The three classes of the Micro-Expression Grand Challenge 2019, where all words fit."""
    known = {**MEGC3, **{c: c for c in ("negative", "positive", "surprise")}}
    rest = ("others", "other", "tense")
    mapping = {c: known[c.lower()] for c in classes if c.lower() in known}
    if not mapping or any(c.lower() not in (*known, *rest) for c in classes):
        return None
    return LabelSet(
        "3class",
        "the classes of the Micro-Expression Grand Challenge 2019; others left out",
        mapping,
        tuple(c for c in ("negative", "positive", "surprise") if c in mapping.values()),
    )
