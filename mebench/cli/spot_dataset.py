"""mebench spot --dataset: spotters on databases of long videos, each leaving a run directory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInput
from ..storage.lease import write_whole
from .console import Stages, out, print_json

if TYPE_CHECKING:
    from ..datasets.long import LongVideos
    from ..experiments.spot import SpottingOutcome

__all__ = ["Asked", "spot_dataset"]


@dataclass(frozen=True)
class Asked:
    """The options of the command."""

    dataset: str
    data_root: Path | None
    method: str
    tune: bool
    fps: float | None
    iou: float
    out: Path | None
    recognise: str | None
    learn_from: str | None
    submit: str | None
    truth: Path | None
    roc: Path | None
    marks: Path | None
    fresh: bool
    pictures: bool | None
    n_jobs: int
    json: bool

    @property
    def table(self) -> Path | None:
        """The file for the intervals, if ``--out`` names one."""
        return self.out if self.out is not None and self.out.suffix in (".csv", ".json") else None

    @property
    def runs(self) -> Path:
        """The folder of the run directories."""
        if self.submit is not None or self.table is not None or self.out is None:
            return Path("runs")
        return self.out


def spot_dataset(asked: Asked) -> None:
    """Spot in a database, save and print."""
    from ..datasets.long.several import load_many
    from ..experiments.spot import run_spotting
    from ..methods import get_method
    from ..spotting import SPOTTERS, get_spotter
    from ..spotting.submission import CHALLENGES
    from ..storage.cache import default_cache

    _check(asked)
    names = list(SPOTTERS) if asked.method == "all" else asked.method.split(",")
    spotters = [get_spotter(name.strip()) for name in names]
    if asked.recognise is not None:
        get_method(asked.recognise)
    if asked.submit is not None:
        if asked.submit not in CHALLENGES:
            raise BadInput(
                f"No challenge is called {asked.submit!r}; there is {', '.join(CHALLENGES)}."
            )
        if len(spotters) > 1:
            raise BadInput("A submission is of one spotter: name it with --method.")
        if asked.recognise is None:
            raise BadInput(
                f"{asked.submit} wants an emotion with each interval: name a method for them, such "
                "as --recognise bi-woof --learn-from casme-sq-long."
            )
    cache = default_cache()
    with Stages() as stages:
        database = load_many(asked.dataset, asked.data_root, fps=asked.fps,
                             progress=stages.of("making videos"))  # fmt: skip
        if asked.marks is not None:
            database = _marked(database, asked.marks)
        source = None
        if asked.learn_from is not None:
            source = load_many(asked.learn_from, progress=stages.of("making videos"))
        tune = asked.tune and (database.labelled or source is not None)
        found = list(run_spotting(
            asked.dataset, database, spotters, tune=tune, iou=asked.iou,
            recognise=asked.recognise, learn_from=source, out=asked.runs, fresh=asked.fresh,
            pictures=asked.pictures, cache=cache, n_jobs=asked.n_jobs,
            progress=lambda stage, done, total: stages.of(stage)(done, total),
        ))  # fmt: skip
    remarks = _write_all(asked, database, found)
    if asked.json:
        print_json({one.run.header["method"]: one.summary() for one in found})
        return
    _print(asked, database, found)
    for remark in remarks:
        out().print(remark, highlight=False, markup=False)


def _check(asked: Asked) -> None:
    if not 0 < asked.iou <= 1:
        raise BadInput(f"--iou must be above 0 and at most 1, found {asked.iou}.")
    if asked.submit is not None and (asked.out is None or asked.table is not None):
        raise BadInput("Name the folder of the submission with --out.")
    if asked.out is not None and asked.out.suffix and asked.table is None:
        raise BadInput(
            f"--out is a folder for the runs, or a file for the intervals that ends in .csv or "
            f".json; found {asked.out.name!r}."
        )


def _marked(database: LongVideos, path: Path) -> LongVideos:
    """The database with marks of a file in place of its own of the same causes."""
    import pandas as pd

    from ..datasets.long import CAUSES
    from ..tables import read_csv

    table = read_csv(path, ["video", "cause", "onset", "offset"])
    table["cause"] = table["cause"].str.strip().str.lower()
    known = set(database.videos["video"])
    for i, row in enumerate(table.to_dict("records")):
        where = f"{path}, line {i + 2}"
        if row["cause"] not in CAUSES:
            raise BadInput(f"{where}: cause is {row['cause']!r}; known are {', '.join(CAUSES)}.")
        if row["video"] not in known:
            raise BadInput(f"{where}: there is no video {row['video']!r} in the database.")
        if not (row["onset"].isdecimal() and row["offset"].isdecimal()) or int(row["onset"]) > int(
            row["offset"]
        ):
            raise BadInput(f"{where}: onset and offset are frames from 0, in order.")
    table = table[["video", "cause", "onset", "offset"]].astype({"onset": int, "offset": int})
    kept = database.events[~database.events["cause"].isin(set(table["cause"]))]
    return replace(database, events=pd.concat([kept, table], ignore_index=True))


def _write_all(asked: Asked, database: LongVideos, found: list[SpottingOutcome]) -> list[str]:
    remarks = []
    if asked.table is not None:
        _write(asked.table, [o.run.predictions.assign(method=o.run.header["method"])
                             for o in found])  # fmt: skip
    if asked.truth is not None:
        # Videos without an expression have a row without marks.
        videos = database.videos[["dataset", "video", "subject", "n_frames"]]
        _write(asked.truth, [videos.merge(database.truth, how="left",
                                          on=["dataset", "video", "subject"])])  # fmt: skip
    if asked.roc is not None:
        _write(asked.roc, [o.run.roc.assign(method=o.run.header["method"]) for o in found])
    if asked.submit is not None and asked.out is not None:
        from ..spotting.submission import write_submission

        files, odd = write_submission(
            asked.out, asked.submit, found[0].run.predictions, database.videos,
            _numbers(database),
        )  # fmt: skip
        remarks = [f"Submission: {', '.join(map(str, files))}", *(f"• {r}" for r in odd)]
    return remarks


def _numbers(database: LongVideos) -> dict[str, list[int]]:
    """Numbers in the names of the pictures, of videos that are folders of pictures."""
    import os

    from ..clip import FrameFiles
    from ..datasets.frames import frame_number

    out = {}
    for clip in database.clips:
        if isinstance(clip.source, FrameFiles):
            found = [frame_number(os.path.basename(path)) for path in clip.source.paths]
            out[clip.id] = [n if n is not None else i for i, n in enumerate(found)]
    return out


def _write(path: Path, tables: list[Any]) -> None:
    import pandas as pd

    whole = pd.concat(tables, ignore_index=True)
    if path.suffix == ".json":
        write_whole(path, whole.to_json(orient="records", indent=1) + "\n")
    else:
        write_whole(path, whole.to_csv(index=False))


def _print(asked: Asked, database: LongVideos, found: list[SpottingOutcome]) -> None:
    console, truth, videos = out(), database.truth, database.videos
    people = len(set(zip(videos["dataset"], videos["subject"], strict=True)))
    words = f"{asked.dataset}: {len(videos)} videos of {people} subjects"
    if database.labelled:
        counts = ", ".join(f"{(truth['kind'] == k).sum()} {k}" for k in ("micro", "macro"))
        empty = len(set(videos["video"]) - set(truth["video"]))
        words += f", {counts}; {empty} of the videos without any"
        console.print(words, highlight=False, markup=False)
        _print_scores(found)
        _print_causes(found)
        for one in found:
            _print_strs(asked, one)
    else:
        console.print(f"{words}, which nobody has annotated", highlight=False, markup=False)
        for one in found:
            kinds = one.run.predictions["kind"].value_counts()
            many = ", ".join(f"{int(kinds.get(k, 0))} {k}" for k in ("micro", "macro"))
            console.print(f"{one.run.header['method']}: {many}", highlight=False)
    for note in dict.fromkeys(n for o in found for n in o.run.header["notes"]):
        console.print(f"• {note}", highlight=False, markup=False)
    for one in found:
        console.print(f"Run: {one.folder}", highlight=False, markup=False)


def _print_scores(found: list[SpottingOutcome]) -> None:
    from rich.table import Table

    from .score_spotting import SHOWN

    head = found[0].run.header
    rule = "leaving one subject out" if head["protocol"] == "loso" else "each method's own"
    table = Table(title=f"Spotting, IoU at least {head['iou']:g}; thresholds: {rule}",
                  title_justify="left")  # fmt: skip
    several = len(found[0].run.datasets) > 1
    for column in ("method", *(["dataset"] if several else []), "kind"):
        table.add_column(column)
    for column in ("TP", "FP", "FN", "precision", "recall", "F1", "95 %", "F1 †", "AP", "chance",
                   "apex error"):  # fmt: skip
        table.add_column(column, justify="right")
    for one in found:
        for row in one.run.scores.to_dict("records"):
            where = [str(row["dataset"])] if several else []
            table.add_row(str(one.run.header["method"]), *where, *_cells(row))
    console = out()
    console.print(table)
    console.print(
        "Chance: as many random intervals of the same lengths in each video. Apex error: mean "
        "frames, of what was found. AP: average precision over all thresholds.", highlight=False,
    )  # fmt: skip
    console.print(SHOWN, highlight=False)


def _cells(row: dict[str, Any]) -> list[str]:
    def shown(key: str, digits: int = 3) -> str:
        return f"{row[key]:.{digits}f}" if row[key] == row[key] else "–"

    span = f"{row['f1_low']:.2f}–{row['f1_high']:.2f}" if row["f1_low"] == row["f1_low"] else "–"
    return [
        str(row["kind"]), *(str(int(row[k])) for k in ("tp", "fp", "fn")),
        *(shown(k) for k in ("precision", "recall", "f1")), span, shown("f1_shown"), shown("ap"),
        shown("chance"), shown("apex_error", 1),
    ]  # fmt: skip


def _print_causes(found: list[SpottingOutcome]) -> None:
    """False alarms by cause; nothing where nobody has marked any."""
    from rich.table import Table

    from ..datasets.long import CAUSES

    marked = found[0].run.header["marked"]
    if not marked:
        return
    table = Table(title="False alarms by cause", title_justify="left")
    for column in ("method", "kind"):
        table.add_column(column)
    columns = [*CAUSES, "other", "fp"]
    for column in columns:
        table.add_column("in all" if column == "fp" else column, justify="right")
    for one in found:
        for row in one.run.causes.to_dict("records"):
            table.add_row(str(one.run.header["method"]), str(row["kind"]),
                          *(str(int(row[c])) for c in columns))  # fmt: skip
    out().print(table)
    rest = [c for c in CAUSES if c not in marked]
    if rest:
        out().print(f"Not marked in these videos, so among the others: {', '.join(rest)}.",
                    highlight=False)  # fmt: skip


def _print_strs(asked: Asked, one: SpottingOutcome) -> None:
    if not len(one.run.recognition):
        return
    parts = "; ".join(
        f"{r['kind']} {r['strs']:.3f} = {r['f1_spotting']:.3f} × {r['f1_analysis']:.3f} (with UF1 "
        f"{r['strs_uf1']:.3f})"
        for r in one.run.recognition.to_dict("records")
    )
    out().print(f"STRS of {one.run.header['method']} then {asked.recognise}: {parts}",
                highlight=False, markup=False)  # fmt: skip
