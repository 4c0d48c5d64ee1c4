"""mebench bundle and verify: results that travel, and how far they can be believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from .completion import complete
from .console import Stages, advise, out, print_json, say
from .outputs import FORCE, check_outputs

__all__ = ["bundle", "verify"]


def bundle(
    runs: list[Path] = typer.Argument(help="Run directories, or folders that hold some."),
    out_file: Path = typer.Option(
        ...,
        "--out",
        "-o",
        help="NAME.mebundle for one run; for several, a folder or NAME.mebundle.",
    ),
    hash_ids: bool = typer.Option(
        False,
        "--hash-ids",
        help="Replace names of clips and persons by hashes that only a holder of the database can "
        "match. Takes the data at hand.",
    ),
    truth: bool = typer.Option(
        False, "--truth", help="Put the label of every clip in: for data of your own only."
    ),
    data_root: Path | None = typer.Option(None, help="With --hash-ids: where the database lies."),
    sheet: str | None = typer.Option(None, help="With --hash-ids: its annotation sheet."),
    force: bool = FORCE,
    json: bool = typer.Option(False, "--json", help="Print JSON instead of text."),
) -> None:
    """Write runs as bundles: what makes a score, without labels, marks or frames."""
    from ..bundles import bundle_run
    from ..bundles.write import samples_of_run, targets
    from ..results.report import find_runs

    folders = find_runs(runs)
    check_outputs(*targets(folders, out_file), force=force)
    written = []
    for folder, target in zip(folders, targets(folders, out_file), strict=True):
        samples = samples_of_run(folder, data_root, sheet) if hash_ids else None
        written.append(bundle_run(folder, target, truth=truth, samples=samples))
    if json:
        print_json([{"bundle": str(p), "bytes": p.stat().st_size} for p in written])
        return
    for path in written:
        say(f"{path}: {max(path.stat().st_size / 1e3, 1):.0f} kB. No label, no mark, no frame "
              "is in it." if not truth else f"{path}: with the label of every clip.")  # fmt: skip
    advise(f"Verify it with: mebench verify {written[0]}")


def verify(
    files: list[Path] = typer.Argument(
        help="Bundles; or a CSV of predictions, or a log of somebody's."
    ),
    dataset: str | None = typer.Option(
        None,
        "--dataset",
        "-d",
        help="Verify with this database at hand (level 4).",
        autocompletion=complete("datasets", joined=True),
    ),
    data_root: Path | None = typer.Option(None, help="Where the database lies."),
    sheet: str | None = typer.Option(None, help="Its annotation sheet."),
    variant: str = typer.Option("auto", help="Kind of frames: raw or cropped."),
    refit: int = typer.Option(
        0, help="Compute so many folds anew, drawn at random (level 5; takes the data)."
    ),
    seed: int | None = typer.Option(None, help="Draw the same folds as this seed does."),
    no_cache: bool = typer.Option(
        False, "--no-cache", help="With --refit: compute the features anew, too."
    ),
    split: Path | None = typer.Option(
        None, help="With predictions: CSV of clip_id, subject and split or fold."
    ),
    labels: str | None = typer.Option(
        None, help="With predictions or a log: the label set.", autocompletion=complete("labels")
    ),
    uf1: str | None = typer.Option(None, help="With predictions or a log: UF1 as printed."),
    uar: str | None = typer.Option(None, help="UAR as printed."),
    accuracy: str | None = typer.Option(None, help="Accuracy as printed."),
    weighted_f1: str | None = typer.Option(None, help="Weighted F1 as printed."),
    need: int = typer.Option(0, help="Leave with status 1 where a lower level is reached."),
    certificate: Path | None = typer.Option(None, help="File for a certificate (JSON)."),
    by: str = typer.Option("", help="Who verifies, for the certificate."),
    badge: Path | None = typer.Option(None, help="File for a badge with the level (SVG)."),
    force: bool = FORCE,
    n_jobs: int = typer.Option(-1, help="Processors to use; -1 is all."),
    json: bool = typer.Option(False, "--json", help="Print JSON instead of text."),
) -> None:
    """Verify results through levels 1 to 5, and say what is proved and what is not.

    Status 1 says that something is disproved, or that --need is not reached.
    """
    from json import dumps

    from ..bundles import badge as badge_of
    from ..bundles import certificate as certificate_of
    from ..bundles import verify as run
    from ..bundles.certificates import write_text
    from ..errors import BadInput

    if len(files) > 1 and (certificate is not None or badge is not None):
        raise BadInput("A certificate and a badge are of one file: verify them one by one.")
    check_outputs(certificate, badge, force=force)
    claims = {"uf1": uf1, "uar": uar, "accuracy": accuracy, "weighted_f1": weighted_f1}
    found = []
    for path in files:
        with Stages() as stages:
            one = run(
                path, dataset=dataset, data_root=data_root, sheet=sheet, variant=variant,
                refit=refit, seed=seed, split=split, labels=labels,
                claims={k: v for k, v in claims.items() if v is not None}, n_jobs=n_jobs,
                cache=not no_cache, progress=stages,
            )  # fmt: skip
        found.append(one)
        if certificate is not None:
            write_text(certificate, dumps(certificate_of(one, by), indent=1) + "\n")
        if badge is not None:
            write_text(badge, badge_of(one.level))
        if not json:
            _print(one)
    if json:
        summaries = [one.summary() for one in found]
        print_json(summaries[0] if len(summaries) == 1 else summaries)
    if any(one.disproved or one.level < need for one in found):
        raise typer.Exit(1)


def _print(found: Any) -> None:
    from ..bundles import LEVELS

    console = out()
    about = found.about
    words = [str(about[k]) for k in ("method", "dataset", "labels", "protocol") if about.get(k)]
    console.print(f"{found.name}: {' · '.join(words) or found.kind}", style="bold",
                  highlight=False, markup=False)  # fmt: skip
    marks = {"proved": "✓", "disproved": "✗", "open": "?", "stated": "–"}
    for level, (name, meaning) in LEVELS.items():
        checks = [check for check in found.checks if check.level == level]
        if not checks:
            continue
        console.print(f"{level} {name}: {meaning}", highlight=False, markup=False)
        for check in checks:
            style = "bold red" if check.status == "disproved" else ""
            console.print(f"  {marks[check.status]} {check.text}", style=style, highlight=False,
                          markup=False)  # fmt: skip
    style = "bold red" if found.disproved else "bold"
    reached = f"Level {found.level} of 5" if found.level else "No level is reached"
    if found.disproved:
        many = len(found.disproved)
        reached += f". {many} thing{'s are' if many > 1 else ' is'} WRONG"
    console.print(f"{reached}.", style=style, highlight=False)
    if about.get("seed") is not None:
        console.print(f"The folds were drawn by --seed {about['seed']}.", highlight=False)
    if found.unproved:
        console.print("Not proved:", highlight=False)
        for text in found.unproved:
            console.print(f"  {text}", highlight=False, markup=False)
