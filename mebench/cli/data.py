"""mebench data: where databases lie, whether they are whole, their cards, synthetic ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import typer

from ..errors import BadInput
from .completion import complete
from .console import Stages, advise, out, print_json, say

__all__ = ["add", "app", "check", "info", "landmarks", "synth"]

app = typer.Typer(
    help="Register, check and describe databases; make synthetic ones.", no_args_is_help=True
)

#: Findings that say the same are listed up to this number.
_FEW = 5

_NAME = typer.Argument(
    help="Database, such as casme2, or the path of a manifest of your own.",
    autocompletion=complete("datasets"),
)


@app.command()
def add(
    name: str = _NAME, path: Path = typer.Argument(help="The folder that holds the database.")
) -> None:
    """Remember where a database lies."""
    from ..datasets.check import doubts
    from ..datasets.locations import config_file
    from ..datasets.registry import add as remember

    folder = remember(name, path)
    say(f"{name} lies at {folder} (noted in {config_file()}).")
    if doubt := doubts(name, folder):
        say(
            f"Warning: for {name}, {doubt}. Is it the folder of another database, or one above or "
            "below?",
            file=sys.stderr,
        )
    advise(f"Look it through with: mebench data check {name}")


@app.command()
def check(
    name: str = _NAME,
    data_root: Path | None = typer.Option(None, help="Where the database lies."),
    sheet: str | None = typer.Option(None, help="Annotation sheet, if several lie there."),
    variant: str = typer.Option("all", help="Kind of frames to look at, such as raw; or all."),
    n_jobs: int = typer.Option(-1, help="Processors to use; -1 is all."),
    json: bool = typer.Option(False, "--json", help="Print JSON instead of tables."),
) -> None:
    """Walk through a database and list all that is wrong; exit status 1 if anything is an error."""
    from ..datasets.check import check as walk
    from ..datasets.composites import COMPOSITES, expand

    parts = expand(name)[0] if name.lower() in COMPOSITES else [name]
    reports = []
    for part in parts:
        with Stages() as stages:
            report = walk(
                part, data_root, sheet=sheet, variant=variant, n_jobs=n_jobs,
                progress=stages.of(f"{part}: reading frames"),
            )  # fmt: skip
        reports.append(report)
        if not json:
            _print_report(report)
    if json:
        found = [_as_json(report) for report in reports]
        print_json(found[0] if len(found) == 1 else found)
    raise typer.Exit(1 if any(report.errors for report in reports) else 0)


@app.command()
def landmarks(
    name: str = _NAME,
    folder: Path | None = typer.Option(
        None, "--from", help="Folder with CSV files of OpenFace 2 or py-feat, or .pts files."
    ),
    variant: str = typer.Option("auto", help="Kind of frames that they are of: raw or cropped."),
    data_root: Path | None = typer.Option(None, help="Where the database lies."),
    forget: bool = typer.Option(False, "--forget", help="Look for faces again."),
) -> None:
    """Use landmarks that another program found in a database's frames; check that they fit.

    Frame numbers and coordinates are compared with the frames, in some clips with dlib's
    landmarks. Exit status 1 if they do not fit; then nothing is remembered.
    """
    from ..datasets.landmark_folders import (
        LandmarkFolder,
        add_landmarks,
        check_landmarks,
        forget_landmarks,
    )
    from ..datasets.loader import load_places
    from ..datasets.registry import database
    from ..preprocessing import detect_landmarks

    if forget == (folder is not None):
        raise BadInput("Give --from FOLDER, or --forget; one of the two.")
    one = database(name)
    if forget:
        there = forget_landmarks(one.card.name)
        say(f"Forgotten: faces of {name} are looked for again." if there else
              f"No landmarks were remembered for {name}.")  # fmt: skip
        return
    assert folder is not None
    if not one.published and one.locate is not None and name.lower().endswith((".csv", ".parquet")):
        raise BadInput("A manifest names its landmark files in a column called landmarks.")
    clips, places, kind = load_places(one, one.root(data_root, variant=variant), variant)
    out_clips, reasons = LandmarkFolder(folder).attach(clips, places)
    with Stages():
        seen = check_landmarks(out_clips, reasons, detect_landmarks)
    say(f"{seen.found} of {seen.clips} clips ({kind} frames) have landmarks in {folder}.")
    for problem in seen.problems[:_FEW]:
        say(f"Problem: {problem}")
    if len(seen.problems) > _FEW:
        say(f"… and {len(seen.problems) - _FEW} more.")
    far = seen.apart is not None and seen.apart > 0.25
    if seen.offset is not None and seen.apart is not None:
        x, y = seen.offset
        say(
            f"Against dlib's eyes and nose in {seen.compared} clips: {x:+.1f}, {y:+.1f} pixels, "
            f"{seen.apart:.2f} of the distance between the eyes"
            + (". They are of other frames: another crop, size or video." if far else ".")
        )
    if far or not seen.found or len(seen.problems) > 0.05 * seen.clips:
        say("Not remembered.")
        raise typer.Exit(1)
    add_landmarks(one.card.name, folder, kind)
    say(f"Remembered: {name} is loaded with them from now on (mebench data landmarks {name} "
          "--forget undoes it).")  # fmt: skip


@app.command()
def info(
    name: str = _NAME,
    corrections: bool = typer.Option(
        False, "--corrections", help="List the known wrong cells of its annotation sheets."
    ),
    croissant: bool = typer.Option(
        False, "--croissant", help="Print Croissant metadata (JSON-LD), which has no label."
    ),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Print the card of a database: licence, citation, where to request it, class counts."""
    if croissant:
        from ..datasets import card
        from ..datasets.croissant import croissant as metadata

        print_json(metadata(card(name)))
        return
    if corrections:
        _print_corrections(name, json)
        return
    from ..datasets import COMPOSITES, card, label_sets

    if name.lower() in COMPOSITES:
        _print_composite(name.lower(), json)
        return
    found = card(name)
    if json:
        print_json({**vars(found), "label_sets": label_sets(name)})
        return
    from rich.table import Table

    console = out()
    console.print(f"{found.title} ({found.name})", style="bold", highlight=False)
    facts = Table(show_header=False, box=None)
    facts.add_column(style="bold")
    facts.add_column(overflow="fold")
    for label, value in (
        ("clips", found.clips),
        ("subjects", found.subjects),
        ("frames per second", found.fps),
        ("resolution", found.resolution or None),
        ("annotated", found.annotated or None),
        ("licence", found.licence or None),
        ("request page", found.request_page or None),
        ("citation", found.citation or None),
        ("register it with", _registering(found)),
        ("must not appear in publications", ", ".join(found.unpublishable) or None),
    ):
        if value is not None:
            facts.add_row(label, f"{value:g}" if isinstance(value, float) else str(value))
    console.print(facts)
    sets_table = Table(title="Label sets", title_justify="left")
    sets_table.add_column("--labels")
    sets_table.add_column("rule", overflow="fold")
    for labels, words in label_sets(name).items():
        sets_table.add_row(labels, words)
    console.print(sets_table)
    for version, sets in found.counts.items():
        table = Table(title=f"Published counts: {version}", title_justify="left")
        table.add_column("label set")
        table.add_column("clips", justify="right")
        table.add_column("per class", overflow="fold")
        for labels, counts in sets.items():
            words = ", ".join(f"{c} {n}" for c, n in counts.items())
            table.add_row(labels, str(sum(counts.values())), words)
        console.print(table)
    for remark in found.remarks:
        console.print(f"• {remark}", highlight=False)


@app.command()
def synth(
    layout: str = typer.Option(
        "casme2",
        help="Database whose layout is written, by its name (see `mebench list datasets`, and "
        "`mebench list long` for long videos).",
    ),
    out_dir: Path = typer.Option(..., "--out", help="An empty or new folder."),
    seed: int = typer.Option(0, help="Same seed, same bytes."),
    subjects: int | None = typer.Option(None, help="Number of pseudo-subjects.  [default: 13]"),
    clips: int | None = typer.Option(None, help="Number of clips.  [default: 100]"),
    true_counts: bool = typer.Option(
        False, "--true-counts", help="As many clips per class and subjects as the real database."
    ),
    scale: float = typer.Option(1.0, help="Size of the frames, as a share of the real ones."),
    plain: bool = typer.Option(
        False, "--plain", help="Tiny flat frames instead of faces, to try names, sheets and counts."
    ),
    videos: int | None = typer.Option(None, help="Long layouts: videos per subject.  [default: 2]"),
    seconds: float | None = typer.Option(
        None, help="Long layouts: mean length of a video.  [default: 40]"
    ),
    compact: bool = typer.Option(
        False, "--compact", help="Long layouts: small grey frames, close to the face."
    ),
    n_jobs: int = typer.Option(-1, help="Processors to use; changes nothing but the time."),
) -> None:
    """Write a synthetic corpus in the official layout of a database."""
    if layout.endswith("-long"):
        if clips is not None or true_counts or plain or scale != 1:
            raise BadInput(
                "--clips, --true-counts, --plain and --scale are for short clips; long videos take "
                "--videos, --seconds and --compact."
            )
        _synth_long(layout, out_dir, seed, subjects, videos, seconds, compact, n_jobs)
        return
    if videos is not None or seconds is not None or compact:
        raise BadInput(
            "--videos, --seconds and --compact are for long videos, such as --layout samm-long."
        )
    from ..synthetic import write_corpus
    from ..synthetic.write import written

    with Stages() as stages:
        folder = write_corpus(
            layout, out_dir, seed=seed, subjects=subjects, clips=clips, n_jobs=n_jobs,
            true_counts=true_counts, scale=scale, plain=plain,
            progress=stages.of("making clips"),
        )  # fmt: skip
    made = written(folder)
    say(
        f"{made['clips']} clips of {made['subjects']} pseudo-subjects in the layout of {layout}: "
        f"{folder}"
    )
    advise(f"Look it through with: mebench data check {layout} --data-root {folder}")
    if not plain:
        advise(f"Try: mebench run --dataset {layout} --data-root {folder} --method mdmo")


def _synth_long(
    layout: str, out_dir: Path, seed: int, subjects: int | None, videos: int | None,
    seconds: float | None, compact: bool, n_jobs: int,
) -> None:  # fmt: skip
    from ..synthetic.long import write_long_corpus

    with Stages() as stages:
        folder = write_long_corpus(
            layout, out_dir, seed=seed, subjects=10 if subjects is None else subjects,
            videos=2 if videos is None else videos, seconds=40.0 if seconds is None else seconds,
            compact=compact, n_jobs=n_jobs, progress=stages.of("making videos"),
        )  # fmt: skip
    say(f"Long videos in the layout of {layout}: {folder}")
    advise(f"Try: mebench spot --dataset {layout} --data-root {folder} --method all")


def _registering(card: Any) -> str | None:
    """How to say where a database lies; None where nothing is to be said."""
    if not card.request_page:
        return None
    return f"mebench data add {card.name} PATH, or {card.variable}=PATH"


def _as_json(report: Any) -> dict[str, Any]:
    return {
        "name": report.name,
        "root": str(report.root),
        "version": report.version,
        "counts": report.counts,
        "notes": report.notes,
        "findings": [vars(finding) for finding in report.findings],
    }


def _print_composite(name: str, json: bool) -> None:
    from ..datasets import COMPOSITES

    found = COMPOSITES[name]
    if json:
        print_json({"name": name, **vars(found)})
        return
    console = out()
    console.print(f"{name}: {found.words}", highlight=False)
    console.print(f"{' + '.join(found.parts)}, label set {found.labels}, {found.clips} clips",
                  highlight=False)  # fmt: skip
    for part, counts in found.counts.items():
        words = ", ".join(f"{label} {n}" for label, n in counts.items())
        people = f" ({found.subjects[part]} subjects)" if part in found.subjects else ""
        console.print(f"• {part}: {words}{people}", highlight=False)


def _print_report(report: Any) -> None:
    from rich.table import Table

    console = out()
    console.print(f"{report.name} at {report.root}", style="bold", highlight=False, soft_wrap=True)
    if report.version:
        console.print(f"Sheet: {report.version}", highlight=False)
    for note in report.notes:
        console.print(f"• {note}", highlight=False)
    table = Table(show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for key, value in report.counts.items():
        if not isinstance(value, dict):
            table.add_row(key, str(value))
            continue
        for inner, found in value.items():
            words = found
            if isinstance(found, dict):
                words = ", ".join(f"{c} {n}" for c, n in found.items())
            table.add_row(f"{key}: {inner}", str(words))
    if table.row_count:
        console.print(table)
    for severity, line in _grouped(report.findings):
        style = "red" if severity == "error" else "yellow"
        console.print(severity, style=style, end=" ")
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(f"{len(report.errors)} error(s), {len(report.warnings)} warning(s).")


def _grouped(findings: list[Any]) -> list[tuple[str, str]]:
    """Severity and line of each finding; of many that say the same, the first few."""
    places: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        places.setdefault((finding.severity, finding.what), []).append(finding.where)
    lines = []
    for (severity, what), where in places.items():
        if len(where) <= _FEW:
            lines += [(severity, f"{place}: {what}") for place in where]
        else:
            some = ", ".join(where[:_FEW])
            lines.append((severity, f"{len(where)} × {what}: {some} and {len(where) - _FEW} more "
                                    "(--json lists all)"))  # fmt: skip
    return lines


def _print_corrections(name: str, json: bool) -> None:
    from ..datasets import card
    from ..datasets.corrections import corrections as known

    found = [vars(row) for row in known(card(name).name)]
    if json:
        print_json(found)
    elif not found:
        say(f"No wrong cells are known for the sheets of {name}.")
    else:
        from rich.table import Table

        table = Table()
        for column in found[0]:
            table.add_column(column, overflow="fold")
        for row in found:
            table.add_row(*map(str, row.values()))
        out().print(table)
