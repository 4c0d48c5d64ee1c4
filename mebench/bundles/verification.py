"""verify: how far a result can be believed, level by level."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInput, MebenchError
from .archive import SUFFIX, unpack
from .arithmetic import arithmetic
from .bundle import Bundle
from .contents import parse
from .protocol import protocol_checks
from .report import Check, Verification

if TYPE_CHECKING:
    from ..datasets import Samples
    from .at_hand import AtHand

__all__ = ["read_bundle", "verify", "verify_bundle", "verify_read"]

Progress = Callable[[str, int, int], None]


_OWN_WORD = (
    "Command, versions, machine, times, memory, notes and citation: they are the run's own word."
)


def read_bundle(path: str | os.PathLike[str]) -> Bundle:
    """A bundle whose format and checksums are right; nothing else is known of it.

    Raises
    ------
    DataNotFound
        It cannot be read.
    BadInput
        It is no bundle, or was changed after it was written.
    """
    members, sha256 = unpack(path)
    return parse(Path(path).name, members, sha256)


def verify(
    path: str | os.PathLike[str],
    *,
    dataset: str | None = None,
    data_root: str | os.PathLike[str] | None = None,
    sheet: str | None = None,
    variant: str = "auto",
    refit: int = 0,
    seed: int | None = None,
    split: str | os.PathLike[str] | None = None,
    labels: str | None = None,
    claims: Mapping[str, str] | None = None,
    cache: bool = True,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Verify a bundle, a file of predictions, or a log.

    Levels: 1, it is whole; 2, its arithmetic holds; 3, its protocol is what it says; 4, with the
    data at hand every figure comes out again; 5, folds computed anew give the same predictions.

    Parameters
    ----------
    path : path
        ``.mebundle``; a ``.csv`` of predictions as :func:`mebench.scoring.read_predictions` reads
        it; anything else is read as a log (:func:`mebench.bundles.read_log`). What is no bundle
        reaches level 3 at most.
    dataset : str, optional
        A bundle: verify with the data at hand, registered or at `data_root`. Other material: the
        database that it is about, for its class counts.
    data_root, sheet, variant
        As in :func:`mebench.datasets.load`.
    refit : int, default 0
        How many folds to compute anew, drawn at random.
    seed : int, optional
        To draw the same folds again. Default: nobody knows before.
    split : path, optional
        With predictions: CSV with ``clip_id, subject`` and ``split`` or ``fold``.
    labels : str, optional
        With other material: the label set, for its class counts.
    claims : mapping of str to str, optional
        With other material: printed scores, by measure.
    cache, n_jobs, progress
        As in :func:`mebench.evaluation.evaluate`.

    Returns
    -------
    Verification
        What is wrong is in it; it does not raise for a forged file.

    Raises
    ------
    DataNotFound
        No such file, or the data that are named are not there.
    BadInput
        Options that do not go together.
    """
    path = Path(path)
    if path.suffix != SUFFIX:
        if refit or data_root is not None:
            raise BadInput(
                f"{path.name} is no bundle: its levels are 1 to 3, and nothing can be computed "
                "anew. Leave --refit and --data-root out."
            )
        from .foreign import verify_foreign

        return verify_foreign(path, split=split, dataset=dataset, labels=labels, claims=claims)
    if split is not None or claims:
        raise BadInput("A bundle holds its folds and claims: leave --split and scores out.")
    with_data = dataset is not None or data_root is not None or refit > 0
    load = None
    if with_data:

        def load(bundle: Bundle) -> Samples:
            return _samples(bundle, dataset, data_root, sheet, variant, progress)

    return verify_bundle(
        path, load, refit=refit, seed=seed, cache=cache, n_jobs=n_jobs, progress=progress
    )


def verify_bundle(
    path: str | os.PathLike[str],
    load: Callable[[Bundle], Samples] | None = None,
    *,
    refit: int = 0,
    seed: int | None = None,
    cache: Any = True,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Verify a bundle with whatever gives the data to it.

    Parameters
    ----------
    path : path
    load : callable, optional
        From the bundle to all clips of its database under its labels; asked once level 1 is
        proved. Without it the levels are 1 to 3.
    refit, seed, n_jobs, progress
        As in :func:`verify`.
    cache : ArrayCache or bool, default True
        Where features are kept.
    """
    path = Path(path)
    try:
        bundle = read_bundle(path)
    except BadInput as error:
        return Verification(path.name, "bundle", _sum_of(path), [Check(1, "whole", "disproved",
                                                                      str(error))])  # fmt: skip
    return verify_read(
        bundle, load, refit=refit, seed=seed, cache=cache, n_jobs=n_jobs, progress=progress
    )


def verify_read(
    bundle: Bundle,
    load: Callable[[Bundle], Samples] | None = None,
    *,
    refit: int = 0,
    seed: int | None = None,
    **settings: Any,
) -> Verification:
    """:func:`verify_bundle` for a bundle that :func:`read_bundle` has read."""
    first = [
        Check(1, "format", "proved", "The file is a bundle and nothing foreign is in it."),
        Check(1, "checksums", "proved", "Every file in it has the checksum that was written."),
        Check(1, "environment", "stated", _OWN_WORD),
    ]
    found, fourth = _beside_data(bundle, load) if load is not None else (None, [])
    counts = None if found is None or bundle.units else found.class_counts
    same = any(c.key == "folds" and c.status == "proved" for c in fourth)
    second = _tried(2, arithmetic(bundle, counts))
    third = _tried(3, protocol_checks(bundle, folds_at_hand=same))
    names: list[str] = []
    fifth: list[Check] = []
    # Nothing is computed anew of what is wrong already.
    if refit and found is not None and not _wrong([*second, *third, *fourth]):
        from .refit import draw, refit_checks

        names, seed = draw(found.bundle, refit, seed)
        fifth = _tried(5, refit_checks(found, names, **settings))
        if all(c.status == "proved" for c in fifth):
            third = _tried(3, protocol_checks(bundle, folds_at_hand=same, refitted=names))
    head = bundle.header
    about = {
        **{k: head.get(k) for k in ("dataset", "labels", "protocol", "method", "tuning")},
        "scores": bundle.scores["scores"],
        "seed": seed if names else None,
    }
    checks = [*first, *second, *third, *fourth, *fifth]
    return Verification(bundle.name, "bundle", bundle.sha256, checks, about, names)


def _beside_data(
    bundle: Bundle, load: Callable[[Bundle], Samples]
) -> tuple[AtHand | None, list[Check]]:
    """The bundle beside the data at hand, and the checks of level 4."""
    from .at_hand import attach, data_checks

    samples = load(bundle)
    try:
        found = attach(bundle, samples)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return None, [Check(4, "clips", "disproved", f"Nothing fits the data: {error}.")]
    return found, _tried(4, data_checks(found))


def _wrong(checks: Iterable[Check]) -> bool:
    return any(check.status == "disproved" for check in checks)


def _tried(level: int, checks: Iterable[Check]) -> list[Check]:
    """All checks of a level; one that fails over what it reads disproves it."""
    out: list[Check] = []
    try:
        for check in checks:
            out.append(check)  # what was found before an error stays
    except MebenchError as error:
        out.append(Check(level, "content", "disproved", f"It cannot be read: {error}"))
    except Exception as error:  # whatever a forged value of the wrong kind sets off
        text = f"It is not of the form that it must have ({type(error).__name__}: {error})."
        out.append(Check(level, "content", "disproved", text))
    return out


def _samples(
    bundle: Bundle, dataset: str | None, root: Any, sheet: str | None, variant: str,
    progress: Progress | None,
) -> Samples:  # fmt: skip
    from ..datasets import load
    from .at_hand import rows_of
    from .refit import method_of

    name, labels, _ = bundle.task
    if dataset is not None and dataset.strip().lower() != name.lower() and not _same(dataset, name):
        raise BadInput(f"The bundle is about {name!r}, not {dataset!r}.")
    recipe = method_of(bundle)
    made = None
    if progress is not None:
        made = lambda done, total: progress("making the synthetic corpus", done, total)  # noqa: E731
    return load(
        dataset or name, root=root, labels=rows_of(name, labels), sheet=sheet,
        variant=variant, missing="skip", colour=bool(recipe and recipe.colour), progress=made,
    )  # fmt: skip


def _same(one: str, other: str) -> bool:
    """Whether two names stand for the same databases, by whatever alias or folder."""
    from ..datasets.composites import expand
    from ..datasets.registry import database

    if Path(one).name == Path(other).name:
        return True
    try:
        parts = [[database(p).card.name for p in expand(n)[0]] for n in (one, other)]
    except BadInput:
        return False
    return parts[0] == parts[1]


def _sum_of(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
