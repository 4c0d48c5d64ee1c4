"""Clips of one's own, listed in one CSV or Parquet file: a manifest.

One row per clip. Columns, in any order and under any of the names that sheets use
(``OnsetFrame``, ``onset_frame``, ``OnsetF``: :data:`mebench.datasets.columns.ALIASES`). Others are
passed over and named in the notes; one that looks like a misspelt name of these, or speaks of a
start or an end, while that is absent, is an error:

===========  ==================================================================================
clip_id      any text, once in the file
subject      any text; people are kept apart by it (``1``, ``01`` and ``sub01`` are one person)
label        any text; the class (``Negative`` and ``negative`` are one)
frames       folder of images, or a video file; also ``path``, ``video`` or ``folder``
onset        optional; first frame of the clip
apex         optional
offset       optional; last frame of the clip
fps          optional
au           optional; action units as in ``4+L12B``
landmarks    optional; landmarks of its frames: a CSV file of OpenFace 2 or py-feat, a ``.pts`` file
             of the first frame, or a folder of such (:mod:`mebench.datasets.landmark_files`)
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
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput, DataNotFound, MebenchError
from ..spelling import in_words, label_spellings
from ..tables import other_separator, read_csv, shortened, whole_number
from .cards import Card
from .columns import column_key, columns, match_header
from .database import Annotations, Database, Folders
from .labels import MEGC3, LabelSet, emotions, objective_sets

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["manifest", "manifest_folders", "read_manifest"]


_NEEDED = ("clip_id", "subject", "label", "frames")
_MARKS = ("onset", "apex", "offset")
_NAMES = columns(*_NEEDED, *_MARKS, "fps", "au", "dataset", "landmarks")
#: Words in a header that speak of a mark, under whatever name.
_SPEAKING = {
    "onset": {"onset", "start", "begin", "first"},
    "apex": {"apex", "peak"},
    "offset": {"offset", "end", "last", "stop"},
}
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
    table, *_ = read_manifest(file, name)
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

    def locate(root: str | os.PathLike[str] | None, *_: object) -> Path:
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


def read_manifest(file: Path, name: str) -> tuple[pd.DataFrame, dict[int, str], list[str]]:
    """The rows of a manifest, typed; where each stands; and what was joined or passed over.

    Raises
    ------
    DataNotFound, BadInput
        See :func:`manifest`.
    """
    import pandas as pd

    from ..scoring.subjects import one_person_each
    from .reading import typed
    from .sheets import cell_text

    raw = _raw(file)
    header = list(map(str, raw.columns))
    places = match_header(header, _NAMES)
    where = {name: raw.columns[places[name]] if name in places else None for name in _NAMES}
    hint = other_separator(header)
    for column, key in _strangers(header).items():
        if key and where[key] is None and not hint:
            raise BadInput(
                f"{file}: the column {shortened(column)} is none of a manifest's, and {key} is "
                f"absent. Did you mean {key!r}? Rename the column, or leave it out."
            )
    _refuse_second_marks(file, raw, places)
    if missing := [k for k in _NEEDED if where[k] is None]:
        raise BadInput(
            f"{file}: the column(s) {', '.join(missing)} are missing; found "
            f"{', '.join(map(str, raw.columns)) or 'no columns'}. A manifest needs "
            f"{', '.join(_NEEDED)}, and may have {', '.join(_OPTIONAL)}."
            f"{hint}"
        )
    if raw.empty:
        raise BadInput(f"{file} lists no clips.")
    lines = {i: f"line {i + 2}" for i in range(len(raw))}

    def text(key: str) -> list[str | None]:
        if where[key] is None:
            return [None] * len(raw)
        return [cell_text(v) or None for v in raw[where[key]]]

    for key in _NEEDED:
        for i, cell in enumerate(text(key)):
            if cell is None:
                raise BadInput(f"{file}, {lines[i]}: {key} is blank.")
    table = pd.DataFrame(
        {
            "clip": text("clip_id"),
            "subject": text("subject"),
            "emotion": text("label"),
            # As written: a path has one spelling only.
            "frames": [str(p).strip() for p in raw[where["frames"]]],
            "onset": _numbers(file, lines, "onset", text("onset"), whole_number),
            "apex": _numbers(file, lines, "apex", text("apex"), whole_number),
            "offset": _numbers(file, lines, "offset", text("offset"), whole_number),
            "fps": _numbers(file, lines, "fps", text("fps"), _rate),
            "au": text("au"),
            "landmarks": text("landmarks"),
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
    for column in ("frames", "landmarks"):
        table[column] = [
            _inside(file, lines[i], path) if isinstance(path, str) else None
            for i, path in enumerate(table[column])
        ]
    spellings = label_spellings(table["emotion"])
    table["emotion"] = table["emotion"].map(spellings)
    table, persons = one_person_each(table)
    labels = in_words(spellings)
    said = [f"{file.name}: one label, several spellings: {labels}"] if labels else []
    said += [f"{file.name}: one person, several spellings: {persons}"] if persons else []
    return typed(table), lines, [*said, *_passed_over(file, header, places)]


def _numbers(
    file: Path, lines: dict[int, str], column: str, cells: list[str | None],
    read: Callable[[str], float | None],
) -> list[float | None]:  # fmt: skip
    """A column of marks, or of rates, that may be blank."""
    out: list[float | None] = []
    for i, cell in enumerate(cells):
        value = None if cell is None else read(cell)
        if cell is not None and (value is None or value < 0):
            wanted = "a number above 0" if read is _rate else "a whole number, 0 or more"
            raise BadInput(f"{file}, {lines[i]}: {column} is {shortened(cell)}; expected {wanted}.")
        out.append(value)
    return out


def _inside(file: Path, line: str, path: str) -> str:
    """The path of a clip, if it says openly where it leads."""
    inside = os.path.normpath(path.replace("\\", "/") if os.sep == "/" else path)
    if not os.path.isabs(inside) and inside.split(os.sep)[0] == os.pardir:
        raise BadInput(
            f"{file}, {line}: the path {shortened(path)} leads out of the manifest's folder. Move "
            "the manifest above its clips, or give an absolute path."
        )
    # A link may lead out as ../ does, and is less easily seen.
    if not os.path.isabs(inside) and not _within(file.parent, inside):
        raise BadInput(
            f"{file}, {line}: {shortened(path)} is reached through a link that leads out of the "
            "manifest's folder. Give the absolute path, so that it is seen."
        )
    return inside


def _passed_over(file: Path, header: Sequence[str], places: dict[str, int]) -> list[str]:
    """One sentence that names the columns that are not read, if there are any."""
    strange = _strangers(header)
    names = {column_key(alias): name for name, aliases in _NAMES.items() for alias in aliases}
    passed = []
    for i, column in enumerate(header):
        if i in places.values() or not column.strip():
            continue
        if near := strange.get(column):
            passed.append(f"{shortened(column)} (did you mean {near!r}?)")
        elif instead := names.get(column_key(column)):
            passed.append(f"{shortened(column)} (taken: {shortened(header[places[instead]])})")
        else:
            passed.append(shortened(column))
    return [f"{file.name}: columns passed over: {', '.join(passed)}"] if passed else []


def _strangers(header: Sequence[str]) -> dict[str, str]:
    """The columns that are none of a manifest's, and which of those each may be meant for."""
    keys = {column_key(alias): name for name, aliases in _NAMES.items() for alias in aliases}
    found = {}
    for column in header:
        key = column_key(column)
        if not key or key in keys:
            continue
        words = {w.lower() for w in re.findall("[A-Z]?[a-z]+|[A-Z]+", column)}
        speaks = [mark for mark, said in _SPEAKING.items() if words & said]
        near = difflib.get_close_matches(key, keys, n=1, cutoff=0.8)
        found[column] = speaks[0] if speaks else keys[near[0]] if near else ""
    return found


def _refuse_second_marks(file: Path, raw: pd.DataFrame, places: dict[str, int]) -> None:
    """Raise where two columns stand for one mark and differ."""
    from .sheets import cell_text

    for mark in _MARKS:
        names = set(map(column_key, _NAMES[mark]))
        mine = [i for i, c in enumerate(raw.columns) if column_key(str(c)) in names]
        for other in mine:
            a, b = (raw.iloc[:, i].map(cell_text).tolist() for i in (places[mark], other))
            if a != b:
                first, second = (shortened(str(raw.columns[i])) for i in (places[mark], other))
                raise BadInput(
                    f"{file}: {first} and {second} both stand for the {mark}, and differ. Keep one."
                )


def _rate(text: str) -> float | None:
    try:
        value = float(text) if "_" not in text else float("nan")
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None


def _within(folder: Path, path: str) -> bool:
    """Whether a relative path, its links followed, stays in a folder whose own links are too."""
    top = os.path.realpath(folder)
    try:
        return os.path.commonpath([top, os.path.realpath(os.path.join(top, path))]) == top
    except ValueError:  # another drive, or a NUL in the path
        return "\0" in path


def _raw(file: Path) -> pd.DataFrame:
    import pandas as pd

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
    from .reading import objective_classes

    table, lines, said = read_manifest(file, name)
    classes, notes = objective_classes(table, {})
    table["objective_class"] = classes
    table["folder"] = table["clip"]
    version = f"manifest, {len(table)} rows"
    return Annotations(
        table, version, {}, [f"{file.name}: {version}", *notes, *said], lines, unmarked=True,
        warnings=said,
    )  # fmt: skip


def manifest_folders(file: Path, name: str, root: Path) -> Folders:
    """Where the frames of each clip of a manifest lie; relative paths start at `root`."""
    table, *_ = read_manifest(file, name)
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
