"""Files of predictions as organisers take them: a table with names, or numbers in the order asked.

The challenge on DFME of 2024 took ``prediction.zip``, which holds ``prediction.txt``: the number
of the class of each clip, a line each, in the order of the list of clips. So it is in the code
that entrants published; the organisers' own page was not seen.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from ..datasets.database import Database
from ..errors import BadInput
from ..storage.lease import write_whole
from ..storage.run_folder import check_place

__all__ = ["answers_place", "check_numbers", "write_answers"]

_NUMBER = "EmotionId"
_INSIDE = "prediction.txt"


def _bare(target: Path) -> bool:
    """Whether numbers alone are to be written."""
    return target.suffix.lower() in (".txt", ".zip")


def answers_place(target: Path, part: Database) -> Path:
    """Where predictions are to be written, looked at before any work.

    Raises
    ------
    BadInput
        It is a folder or cannot be written to, or ends as a list of numbers (``.txt``, ``.zip``)
        and no numbers are known of this database.
    """
    check_place(target.parent)
    if target.is_dir():
        raise BadInput(f"{target} is a folder; --predictions names the file to write.")
    if _bare(target) and part.answers is None:
        raise BadInput(
            f"No numbers of classes are known of {part.card.title}, so {target.name} cannot be a "
            "list of them: name a .csv file."
        )
    return target


def check_numbers(target: Path, part: Database, root: Path, classes: Sequence[str]) -> None:
    """Before any work: a list of numbers needs one for each class.

    Raises
    ------
    BadInput
        The sheets under `root` do not number all `classes`.
    """
    if not _bare(target) or part.answers is None:
        return
    rows = pd.DataFrame({"subject": "", "clip": "", "prediction": list(classes)})
    if _NUMBER not in part.answers(root, rows):
        raise BadInput(
            f"No sheet under {root} gives an {_NUMBER} to each of {', '.join(classes)}, so "
            f"{target.name} cannot be a list of them: name a .csv file, or choose the labels that "
            "are numbered there."
        )


def write_answers(target: Path, form: pd.DataFrame, asked: Callable[[], int]) -> None:
    """Write predictions: a ``.txt`` or ``.zip`` as a list of numbers, all else as CSV.

    Parameters
    ----------
    target : path
    form : DataFrame
        As the database's ``answers`` give it, in the order of the sheet.
    asked : callable
        How many clips the sheet has: read again for a list of numbers only.

    Raises
    ------
    BadInput
        A list of numbers, and some clips have no prediction: those after them would move up.
    """
    if not _bare(target):
        write_whole(target, form.to_csv(index=False, lineterminator="\n"))
        return
    rows = asked()
    if len(form) != rows:
        raise BadInput(
            f"{rows - len(form)} of {rows} clips have no prediction, and in {target.name} nothing "
            "would say which: name a .csv file. What was computed is kept."
        )
    text = "".join(f"{number}\n" for number in form[_NUMBER])
    if target.suffix.lower() == ".txt":
        write_whole(target, text)
        return
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:  # without a date: the same predictions, same bytes
        file.writestr(zipfile.ZipInfo(_INSIDE), text, zipfile.ZIP_DEFLATED)
    write_whole(target, packed.getvalue())
