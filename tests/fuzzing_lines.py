"""Command lines with values that nobody should give, and a folder to give them in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from fuzzing import _experiment, _features, _grid, _manifest, _npz, _predictions, _table
from hypothesis import strategies as st

from mebench.scoring.prediction_files import read_predictions

#: Values that nobody should give, for any option.
HOSTILE = ("", " ", "-1", "0", "1", "2", "nan", "inf", "1e309", "99999999999999999999", "-0.0",
           "../..", ".", "/", "/dev/null", "/dev/zero", "/proc/self/mem", "~nobody/x", "a" * 300,
           "\x1b[2Jx", "[/foo]", "[bold]", "\u202egnp", "ü" * 130, ",", "a,b,", "a,a", ":", "..:x",
           "os:system", "sys:exit", "json:loads", "x.csv", "x.html", "x.png", "kfold:0", "kfold:x",
           "holdout:2", "random-split:nan", "uf1", "loso", "nested", "oracle", "5class", "micro",
           "casme2", "nowhere", "mine.csv", "runs", "runs/one", "predictions.csv", "truth.csv",
           "predicted.csv", "features.csv", "features.npz", "experiment.toml", "grid.json", "loop",
           "pipe", "folder", "kept.csv", "+", "casme2+casme2", "toy", "x/y/z.csv",
           "\n")  # fmt: skip

#: Commands that end at once whatever they are given, or are stopped before they compute for long.
COMMANDS = (
    *(("list",), ("evaluate",), ("score",), ("score-spotting",), ("compare",), ("published",)),
    *(("report",), ("table",), ("bundle",), ("verify",), ("cite",), ("audit",), ("leaderboard",)),
    *(("run", "--dry-run"), ("extract",), ("predict",), ("train",), ("model", "info"), ("spot",)),
    *(("data", "synth"), ("data", "info"), ("data", "check"), ("new", "method"), ("cache", "info")),
    # These do something when nothing else is given.
    (
        "evaluate",
        "--features",
        "features.csv",
        "--table",
        "samples.csv",
        "--tuning",
        "fixed",
        "--classifier",
        "knn",
    ),
    ("score", "predictions.csv"),
    ("score", "runs/one/predictions.csv"),
    ("score-spotting", "predicted.csv", "--truth", "truth.csv"),
    ("compare", "runs/one"),
    ("report", "runs"),
    ("report", "--index", "runs"),
    ("table", "runs"),
    ("cite", "runs"),
    ("bundle", "runs/one", "--out", "new.mebundle"),
    ("verify", "predictions.csv"),
    ("audit", "predictions.csv"),
    ("leaderboard", "folder"),
    ("data", "check", "mine.csv"),
    ("run", "--dry-run", "-d", "mine.csv", "-m", "hoof"),
    ("new", "method", "mine"),
    ("extract", "-d", "mine.csv", "-m", "hoof", "--out", "new.npz"),
    ("train", "-d", "mine.csv", "-m", "hoof", "--run", "runs/one"),
    ("run", "--dry-run", "experiment.toml"),
)


def command_lines() -> st.SearchStrategy[list[str]]:
    """A command with some of its options, each with some value, in any order."""
    from typer.main import get_command

    from mebench.cli import app

    whole = get_command(app)
    values = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12))

    def line(base: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
        found: Any = whole
        for word in base:
            if not hasattr(found, "commands"):
                break
            found = found.commands[word]  # or there is no such command
        options = [p for p in found.params if p.opts[0].startswith("-")]
        # What would take processes, networks and cameras is not for a harness.
        options = [p for p in options if not {"--scheduler", "--backend", "--camera", "--n-jobs",
                                              "--install-completion", "--show-completion",
                                              "--data-root"} & set(p.opts)]  # fmt: skip
        pieces = [
            st.just([p.opts[0]]) if p.is_flag else values.map(lambda v, p=p: [p.opts[0], v])
            for p in options
        ]
        arguments = values.map(lambda v: [v] if not v.startswith("-") else ["--", v])
        parts = st.lists(st.one_of(arguments, *pieces), max_size=5)
        return parts.map(lambda chosen: [*base, *(w for piece in chosen for w in piece)])

    return st.sampled_from(COMMANDS).flatmap(line)


def workshop(folder: Path) -> Path:
    """A folder with something of everything that commands read, and odd things among it."""
    from mebench.results import save_run

    for make in (_predictions, _features, _npz, _experiment, _grid(".json"), _table, _manifest):
        make(folder)
    run = save_run(read_predictions(folder / "predictions.csv"), folder / "runs")
    run.rename(folder / "runs" / "one")
    (folder / "folder").mkdir()
    (folder / "kept.csv").write_text("somebody's\n")
    (folder / "loop").symlink_to("loop")
    os.mkfifo(folder / "pipe")
    (folder / "truth.csv").write_text("video,kind,onset,offset\na,micro,10,20\nb,,,\n")
    (folder / "predicted.csv").write_text("video,kind,onset,offset\na,micro,11,22\n")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder, by name."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*")
            if p.is_file() and not p.is_symlink()}  # fmt: skip
