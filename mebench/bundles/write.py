"""Write runs as bundles."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInput
from ..paths import whole_path
from ..results import load_run
from ..scoring import Predictions
from ..storage.lease import write_whole
from ..svm import GRIDS
from .archive import SUFFIX, pack, sealed
from .contents import members_of
from .licensed import is_licensed, refuse_licensed
from .names import key_of, public_names, renaming

if TYPE_CHECKING:
    from ..datasets import Samples

__all__ = ["bundle_run", "samples_of_run", "targets"]


def bundle_run(
    folder: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    truth: bool = False,
    samples: Samples | None = None,
) -> Path:
    """Write one run as a bundle: what makes its score, and nothing licensed.

    In it are the run's header, the fold of every clip, predictions, chosen parameters, the
    confusion matrix, scores and environment. The truth of a clip, its marks and units, frames
    and annotation sheets are not.

    Parameters
    ----------
    folder : path
        A run directory.
    out : path
        Ends in ``.mebundle``. Equal runs give equal bytes.
    truth : bool, default False
        Put the truth of every clip in: for data of your own only.
    samples : Samples, optional
        The data of the run. If given, names of clips and persons are replaced by hashes that
        only a holder of the same annotations can match.

    Returns
    -------
    Path

    Raises
    ------
    DataNotFound, BadInput
        No run, or one that lacks folds or was changed; `truth` of a licensed database; something
        in the header that would give away what is licensed; `samples` that are not the run's; a
        place that cannot be written to.

    See Also
    --------
    mebench.bundles.verify, mebench.leaderboard.write_site
    """
    folder, out = Path(folder), Path(out)
    if out.suffix != SUFFIX:
        raise BadInput(f"A bundle is written as NAME{SUFFIX}, found {out.name!r}.")
    run = load_run(folder)
    if not run.complete:
        raise BadInput(
            f"{folder} lacks folds, so it has no score to bundle: run the same command again "
            "to finish it."
        )
    dataset = str(run.header.get("dataset", ""))
    licensed = is_licensed(dataset, sorted(set(run.table["dataset"].astype(str))))
    if truth and licensed:
        raise BadInput(
            f"{folder} is a run on {dataset or 'a licensed database'}: its labels may not be "
            "passed on. Leave --truth out; whoever holds the database attaches them again."
        )
    clips = [*map(str, run.table["clip_id"]), *(run.header.get("skipped") or {})]
    public = public_names(clips) if licensed else {}
    rename = {"clip": public, "person": {}, "fold": public}
    if samples is not None:
        rename = _renaming(run, samples)
    text = (folder / "predictions.csv").read_bytes()
    members = members_of(
        run, text, truth=truth, rename=rename, hashed=samples is not None, points=_points(run)
    )
    manifest = {
        "made_by": f"mebench {run.header.get('versions', {}).get('mebench', '?')}",
        "ids": "open" if samples is None else "hashed",
        "with_truth": truth,
    }
    known = {rename["clip"].get(c, c): v for c, v in _truth(run).items()}
    labels = run.classes if isinstance(run, Predictions) else []
    refuse_licensed(members, known, labels, allow_truth=truth)
    _refuse_open_names(members, rename)
    write_whole(out, pack({"manifest.json": sealed(manifest, members), **members}))
    return out


def targets(runs: list[Path], out: Path) -> list[Path]:
    """Where each run's bundle goes: one file for one run, else a file for each.

    Examples
    --------
    >>> [p.as_posix() for p in targets([Path("runs/a"), Path("runs/b")], Path("mine.mebundle"))]
    ['mine-a.mebundle', 'mine-b.mebundle']
    >>> [p.as_posix() for p in targets([Path("runs/a")], Path("bundles"))]
    ['bundles/a.mebundle']
    """
    names = [whole_path(run).name for run in runs]
    if len(set(names)) < len(names):
        raise BadInput("Two of the runs have the same name; bundle them one by one.")
    if out.suffix != SUFFIX:
        return [out / f"{name}{SUFFIX}" for name in names]
    if len(runs) == 1:
        return [out]
    return [out.with_name(f"{out.stem}-{name}{SUFFIX}") for name in names]


def _renaming(run: Any, samples: Samples) -> dict[str, dict[str, str]]:
    skipped = run.header.get("skipped") or {}
    kept = samples.take((~samples.table["clip_id"].isin(list(skipped))).to_numpy())
    if kept.fingerprint() != run.header.get("fingerprint"):
        raise BadInput(
            "The data at hand are not those of the run (another sheet, label set or version): "
            "hashed names could be matched by nobody. Name the data of the run with --data-root, "
            "--sheet and --variant, or leave --hash-ids out."
        )
    rename = renaming(samples.table, skipped, key_of(samples))
    return rename


def _points(run: Any) -> list[dict[str, Any]] | None:
    """The settings that were chosen from, where no name stands for them."""
    grid = run.header.get("grid")
    surface = run.artifacts.get("surface.csv")
    if surface is None or (isinstance(grid, str) and grid in GRIDS and not run.header.get("tune")):
        return None
    return surface.drop(columns=["score", "n_chosen"], errors="ignore").to_dict("records")


def _truth(run: Any) -> dict[str, str]:
    if isinstance(run, Predictions):
        return dict(zip(run.table["clip_id"], run.table["y_true"], strict=True))
    shown = run.table[run.table["y_true"] == 1].groupby("clip_id")["unit"]
    found = {str(clip): "+".join(map(str, part)) for clip, part in shown}
    return {str(clip): found.get(str(clip), "") for clip in run.table["clip_id"]}


def _refuse_open_names(members: dict[str, bytes], rename: dict[str, dict[str, str]]) -> None:
    """Hashed names are of no use if the names stand beside them."""
    names = [n for n in (*rename["clip"], *rename["person"]) if len(n) > 4]
    for name, data in members.items():
        text = data.decode()
        found = next((n for n in names if n in text), None)
        if found is not None:
            raise BadInput(f"No bundle was written: {name} still names {found!r}.")


def samples_of_run(
    folder: str | os.PathLike[str],
    root: str | os.PathLike[str] | None = None,
    sheet: str | None = None,
) -> Samples:
    """The clips that a run was about, from the data at hand.

    Raises
    ------
    DataNotFound
        The database of the run is not at hand.
    """
    from ..datasets import load
    from .at_hand import rows_of

    head = load_run(folder).header
    name = str(head.get("dataset", ""))
    labels = rows_of(name, str(head.get("labels") or ""))
    return load(name, root=root, labels=labels, sheet=sheet, missing="skip")
