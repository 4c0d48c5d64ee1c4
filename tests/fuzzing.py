"""Damaged files: what is read, how it is damaged, and how a reader may answer.

A reader answers damage by a clear error (a MebenchError) or by a result. Anything else is a
defect. The tests try a few dozen of each kind, ``benchmarks/fuzz.py`` as many as wanted.
"""

from __future__ import annotations

import copy
import io
import json
import os
import shutil
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import openpyxl
import pandas as pd
from hypothesis import HealthCheck, Phase
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from mebench.datasets import load
from mebench.datasets.check import check
from mebench.errors import MebenchError
from mebench.evaluation import evaluate_features
from mebench.evaluation.feature_files import join, read_features, read_table
from mebench.experiments import settings
from mebench.images import read_image
from mebench.results import load_run
from mebench.scoring.prediction_files import read_predictions
from mebench.storage.cache import ArrayCache
from mebench.svm import load_grid
from mebench.videos import read_video

#: What stands in cells and values where it should not.
NASTY = (
    *("", " ", "nan", "NaN", "inf", "-inf", "1e309", "-1", "0", "1.5", "12345678901234567890"),
    *("=1+1", '=HYPERLINK("x")', "@SUM(A1)", "../../etc/passwd", "/etc/passwd", "..\\..\\x", "."),
    *("\u202egnp", "日本 語", "ü" * 300, "\x00", "\ufeff", "a,b", '"', "'; --", "None", "NA", "/"),
    *("#REF!", "TRUE", "1,5", "4+", "L12B or R4", "１２", "x" * 40000, "\n", "\t\r", "con", "~"),
)
CELLS = (
    *NASTY, 0, -1, 1.5, 10**18, 1e300, True, None, float("1e-9"),
    datetime(2020, 2, 29),
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """A kind of file: how a good one is made, and how it is read."""

    name: str
    make: Callable[[Path], Path]
    read: Callable[[Path], Any]
    damage: Callable[[], st.SearchStrategy[Callable[[Path], None]]]


def attempt(target: Target, damage: Callable[[Path], None], folder: Path) -> tuple[str, Any]:
    """Make a good file, damage it, read it: ('error', message) or ('result', value).

    Whatever else the reader raises goes on up: it is a defect.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    path = target.make(folder)
    damage(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return "result", target.read(path)
    except MebenchError as error:
        assert len(str(error)) < 10_000, "an error one cannot read"
        return "error", str(error)


# Damage to bytes: any file


def bytewise() -> st.SearchStrategy[Callable[[Path], None]]:
    """Truncation, foreign bytes, flipped bits, repeats, emptiness, other encodings."""
    place, size = st.floats(0, 1), st.integers(1, 200)

    def over(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
        return lambda path: path.write_bytes(change(path.read_bytes())) and None

    def at(data: bytes, where: float) -> int:
        return int(where * len(data))

    return st.one_of(
        st.builds(lambda w: over(lambda d: d[: at(d, w)]), place),
        st.builds(lambda w, b: over(lambda d: d[: at(d, w)] + b + d[at(d, w) + len(b) :]),
                  place, st.binary(min_size=1, max_size=64)),
        st.builds(lambda w, b: over(lambda d: d[: at(d, w)] + b + d[at(d, w) :]),
                  place, st.binary(min_size=1, max_size=64)),
        st.builds(lambda w, n: over(lambda d: d[: at(d, w)] + d[at(d, w) + n :]), place, size),
        st.builds(lambda w, bit: over(lambda d: _flip(d, at(d, w), bit)), place,
                  st.integers(0, 7)),
        st.builds(lambda w, n: over(lambda d: d + d[at(d, w) : at(d, w) + n]), place, size),
        st.builds(lambda b: over(lambda d: b), st.binary(max_size=300)),
        st.sampled_from([over(lambda d: b""), over(lambda d: b"\x00" * len(d)),
                         over(lambda d: b"\xff\xfe" + d.decode("latin-1").encode("utf-16-le")),
                         over(lambda d: d * 3)]),
    )  # fmt: skip


def _flip(data: bytes, place: int, bit: int) -> bytes:
    if not data:
        return data
    place = min(place, len(data) - 1)
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


# Damage to cells of text tables


def cellwise() -> st.SearchStrategy[Callable[[Path], None]]:
    """One cell of a CSV file, or its outline: headers, columns, rows."""
    index, word = st.integers(0, 200), st.sampled_from(NASTY)

    def put(row: int, column: int, value: str) -> Callable[[Path], None]:
        def damage(path: Path) -> None:
            table = pd.read_csv(path, header=None, dtype=str, keep_default_na=False)
            table.iat[row % len(table), column % table.shape[1]] = value
            table.to_csv(path, header=False, index=False)

        return damage

    def outline(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Path], None]:
        def damage(path: Path) -> None:
            table = pd.read_csv(path, header=None, dtype=str, keep_default_na=False)
            change(table).to_csv(path, header=False, index=False)

        return damage

    return st.one_of(
        st.builds(put, index, index, word),
        st.builds(lambda i: outline(lambda t: t.drop(index=i % len(t))), index),
        st.builds(lambda i: outline(lambda t: t.drop(columns=i % t.shape[1])), index),
        st.builds(lambda i: outline(lambda t: pd.concat([t, t.iloc[[i % len(t)]]])), index),
        st.builds(lambda i: outline(lambda t: pd.concat([t, t[[i % t.shape[1]]]], axis=1)), index),
        st.builds(lambda n: outline(lambda t: t.iloc[:n]), st.integers(0, 3)),
    )


def sheetwise() -> st.SearchStrategy[Callable[[Path], None]]:
    """One cell of an .xlsx, or its outline."""
    index = st.integers(0, 200)

    def edit(change: Callable[[Any], None]) -> Callable[[Path], None]:
        def damage(path: Path) -> None:
            book = openpyxl.load_workbook(path)
            change(book.worksheets[0])
            book.save(path)

        return damage

    def put(page: Any, row: int, column: int, value: Any) -> None:
        try:
            cell = page.cell(1 + row % page.max_row, 1 + column % page.max_column)
            cell.value = value
        except (ValueError, openpyxl.utils.exceptions.IllegalCharacterError):
            cell.value = "?"  # what a spreadsheet program cannot write either

    return st.one_of(
        st.builds(lambda r, c, v: edit(lambda p: put(p, r, c, v)), index, index,
                  st.sampled_from(CELLS)),
        st.builds(lambda c: edit(lambda p: p.delete_cols(1 + c % p.max_column)), index),
        st.builds(lambda r: edit(lambda p: p.delete_rows(1 + r % p.max_row, 2)), index),
        st.builds(lambda r: edit(lambda p: p.insert_rows(1 + r % p.max_row, 2)), index),
        st.sampled_from([edit(lambda p: p.delete_rows(2, 10_000)),
                         edit(lambda p: put(p, 5000, 0, "far")),
                         edit(lambda p: setattr(p.cell(1, 1000), "value", "wide"))]),
    )  # fmt: skip


def textwise() -> st.SearchStrategy[Callable[[Path], None]]:
    """One line of a settings file exchanged for another."""
    keys = st.sampled_from(["dataset", "method", "grid", "seed", "n_jobs", "tuning", "labels",
                            "degree", "gamma", "C", "coef0", "out", "zzz", "on-error"])  # fmt: skip
    values = st.one_of(
        st.sampled_from([*map(json.dumps, NASTY), "[]", "{}", "true", "nan", "-1", "1e400", "0",
                         "[[1]]", "99999999999999999999", "2020-01-01", '["a", 1]', "[-1, 0.5]"]),
        st.text(max_size=20),
    )  # fmt: skip

    def swap(line: int, key: str, value: str) -> Callable[[Path], None]:
        def damage(path: Path) -> None:
            lines = path.read_text().splitlines() or [""]
            new = f'"{key}": {value},' if path.suffix == ".json" else f"{key} = {value}"
            lines[line % len(lines)] = new
            path.write_text("\n".join(lines), encoding="utf-8", errors="surrogatepass")

        return damage

    return st.builds(swap, st.integers(0, 20), keys, values)


def either(*kinds: Callable[[], Any]) -> Callable[[], st.SearchStrategy[Callable[[Path], None]]]:
    return lambda: st.one_of(*(kind() for kind in kinds))


# How many

#: Inputs of the whole campaign; a sample without the variable.
TOTAL = int(os.environ.get("MEBENCH_FUZZ") or 700)


def share(part: float) -> int:
    """So many inputs of all, by the shares of the kinds."""
    return max(1, round(part * TOTAL))


class Hang(BaseException):
    """It waits for something that does not come; no handler of exceptions sees this."""


@contextmanager
def patience(case: Any) -> Iterator[None]:
    """That a case is answered within 10 s of work, and does not wait for ever.

    A machine that others use stretches the time on the wall, so work is what counts; whoever
    waits without working is stopped after a minute.
    """

    def stop(*_: Any) -> None:
        raise Hang(case)

    before, began = signal.signal(signal.SIGALRM, stop), time.process_time()
    signal.setitimer(signal.ITIMER_REAL, 60)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    if time.process_time() - began > 10:
        raise Hang(case)


def campaign(examples: int) -> Any:
    """Settings of a campaign: the same inputs each time, in the order that they are drawn."""
    return settings_of(
        max_examples=examples, deadline=None, derandomize=True, database=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip


# Headers of odd types

#: What stands in a header where it should not.
ODD = (None, True, False, 0, -1, 1e308, float("nan"), float("inf"), "", "x", "\x1b[31mred", [], {},
       [[]], [None], {"x": None}, {"x": {"y": []}}, [{}], ["a", "a"], {"": ""}, "\udc80", 10**30,
       ["../../x"], {"../x": "y"}, "[/foo]", "{", "<script>")  # fmt: skip


def headerwise() -> st.SearchStrategy[Callable[[Path], None]]:
    """Values of a run.json exchanged for others, at any depth, or taken away."""

    def swap(places: list[int], values: list[Any], drop: bool) -> Callable[[Path], None]:
        def damage(path: Path) -> None:
            head = json.loads(path.read_text())
            for place, value in zip(places, values, strict=False):
                spots = list(_spots(head))
                where, key = spots[place % len(spots)]
                if drop:
                    del where[key]
                else:
                    where[key] = copy.deepcopy(value)  # the next damage may go into it
                if not head:
                    break
            path.write_text(json.dumps(head))

        return damage

    return st.builds(swap, st.lists(st.integers(0, 10_000), min_size=1, max_size=3),
                     st.lists(st.sampled_from(ODD), min_size=3, max_size=3),
                     st.booleans())  # fmt: skip


def _spots(value: Any) -> Any:
    """Every place of a value within lists and tables, as (container, key)."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    for key in keys:
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _spots(value[key])


# The kinds of files


def _casme2(folder: Path) -> Path:
    root = folder / "CASME II"
    book = openpyxl.Workbook()
    book.active.append(["Subject", "Filename", "", "OnsetFrame", "ApexFrame", "OffsetFrame", "",
                        "Action Units", "Estimated Emotion"])  # fmt: skip
    for i, emotion in enumerate(["happiness", "disgust", "others", "surprise"]):
        clip = f"EP{i:02d}_01"
        book.active.append([f"{1 + i % 2:02d}", clip, None, 2, 3, 4, None, "4+L12", emotion])
        frames = root / "Cropped" / f"sub{1 + i % 2:02d}" / clip
        frames.mkdir(parents=True)
        for n in (2, 3, 4):
            cv2.imwrite(str(frames / f"reg_img{n}.jpg"), np.full((6, 6), 50 * n, np.uint8))
    book.save(root / "CASME2-coding-20140508.xlsx")
    return root / "CASME2-coding-20140508.xlsx"


def _read_casme2(path: Path) -> Any:
    check("casme2", path.parent)
    return [len(c.frames) for c in load("casme2", root=path.parent, labels="all").clips]


def _manifest(folder: Path) -> Path:
    rows = []
    for i in range(4):
        frames = folder / "clips" / f"c {i} ü"
        frames.mkdir(parents=True)
        for n in (1, 2, 3):
            cv2.imwrite(str(frames / f"{n}.png"), np.full((6, 6), 50 * n, np.uint8))
        rows.append((f"c{i}", "s1" if i < 2 else "s2", "ab"[i % 2], f"clips/c {i} ü", 1, 2, 3, 100))
    names = ["clip_id", "subject", "label", "frames", "onset", "apex", "offset", "fps"]
    path = folder / "mine.csv"
    pd.DataFrame(rows, columns=names).to_csv(path, index=False)
    return path


def _read_manifest(path: Path) -> Any:
    return [len(c.frames) for c in load(str(path)).clips]


def _predictions(folder: Path) -> Path:
    path = folder / "predictions.csv"
    table = pd.DataFrame({
        "clip_id": [f"c{i}" for i in range(8)], "subject": list("11223344"),
        "y_true": list("abababab"), "y_pred": list("abbbaaab"), "score_a": np.arange(8) / 8,
    })  # fmt: skip
    table.to_csv(path, index=False)
    return path


def _read_predictions(path: Path) -> Any:
    found = read_predictions(path)
    return found.table, found.scores(), found.intervals()


def _table(folder: Path) -> Path:
    path = folder / "samples.csv"
    pd.DataFrame({"clip_id": [f"c{i}" for i in range(8)], "subject": list("11223344"),
                  "label": list("abababab")}).to_csv(path, index=False)  # fmt: skip
    return path


def _features(folder: Path) -> Path:
    X = np.arange(24.0).reshape(8, 3) % 7
    table = pd.DataFrame(X, columns=list("xyz"))
    table.insert(0, "clip_id", [f"c{i}" for i in range(8)])
    table.to_csv(folder / "features.csv", index=False)
    return folder / "features.csv"


def _npz(folder: Path) -> Path:
    X = np.arange(24.0).reshape(8, 3) % 7
    np.savez(folder / "features.npz", features=X, clip_id=[f"c{i}" for i in range(8)])
    return folder / "features.npz"


def _read_features(path: Path) -> Any:
    return read_features(path)


def _read_joined(path: Path) -> Any:
    ids = [f"c{i}" for i in range(8)]
    X, table = join(ids, np.arange(24.0).reshape(8, 3) % 7, read_table(path))
    from sklearn.neighbors import KNeighborsClassifier

    return evaluate_features(KNeighborsClassifier(1), X, table, tuning="fixed").scores()


def _experiment(folder: Path) -> Path:
    path = folder / "experiment.toml"
    path.write_text('dataset = ["synthetic"]\nmethod = ["mdmo"]\nseed = 3\ntuning = "nested"\n')
    return path


def _grid(suffix: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / f"grid{suffix}"
        if suffix == ".toml":
            path.write_text("degree = [2, 3]\ngamma = [0.1, 1]\nC = 1\ncoef0 = [0, 1]\n")
        else:
            path.write_text('{\n"degree": [2, 3],\n"gamma": [0.1],\n"C": 1,\n"coef0": 1\n}')
        return path

    return make


def _image(suffix: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        image = np.random.default_rng(0).integers(0, 256, (24, 20, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"frame{suffix}"), image)
        return folder / f"frame{suffix}"

    return make


def _read_picture(path: Path) -> Any:
    return [read_image(str(path), mode).shape for mode in ("grey", "colour", "unchanged")]


def _video(folder: Path) -> Path:
    path = folder / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (32, 24))
    for n in range(6):
        writer.write(np.full((24, 32, 3), 40 * n, np.uint8))
    writer.release()
    return path


def _read_video(path: Path) -> Any:
    return len(list(read_video(str(path), 1, 3)))


def _run(folder: Path) -> Path:
    from mebench.results import save_run

    return save_run(read_predictions(_predictions(folder)), folder / "runs") / "predictions.csv"


def _header(folder: Path) -> Path:
    return _run(folder).with_name("run.json")


def _read_run(path: Path) -> Any:
    return load_run(path.parent).scores()


def _read_report(path: Path) -> Any:
    """All that reads a header: the run's page alone, in a list, in a table; and its scores."""
    from mebench.results.paper import paper_table
    from mebench.results.report import write_index, write_report

    out = path.parents[2]
    write_index([path.parent], out / "index.html")
    run = load_run(path.parent)
    for form in ("markdown", "latex", "csv"):
        paper_table([run], form, measures=["uf1"])
    write_report([path.parent], out / "report.html", left_out=lambda *_: None)
    return run.scores()


def _entry(folder: Path) -> Path:
    ArrayCache(folder).put("key", np.arange(6.0))
    return next(p for p in folder.rglob("*") if p.is_file())


def _read_entry(path: Path) -> Any:
    folder = next(p for p in path.parents if p.name == "case")
    found = ArrayCache(folder).get("key")
    # A damaged entry counts as absent; it never gives other numbers.
    assert found is None or found.tolist() == list(range(6))
    return found


TARGETS = (
    Target("annotation sheet (.xlsx)", _casme2, _read_casme2, either(bytewise, sheetwise)),
    Target("manifest", _manifest, _read_manifest, either(bytewise, cellwise)),
    Target("features (.csv)", _features, _read_features, either(bytewise, cellwise)),
    Target("features (.npz)", _npz, _read_features, bytewise),
    Target("table of samples", _table, _read_joined, either(bytewise, cellwise)),
    Target("predictions", _predictions, _read_predictions, either(bytewise, cellwise)),
    Target("run: predictions.csv", _run, _read_run, either(bytewise, cellwise)),
    Target("run: run.json", _header, _read_run, either(bytewise, textwise)),
    Target("run: odd types in run.json", _header, _read_report, headerwise),
    Target("experiment file", _experiment, lambda p: settings(p, {}), either(bytewise, textwise)),
    Target("grid (.toml)", _grid(".toml"), load_grid, either(bytewise, textwise)),
    Target("grid (.json)", _grid(".json"), load_grid, either(bytewise, textwise)),
    Target("image (.jpg)", _image(".jpg"), _read_picture, bytewise),
    Target("image (.png)", _image(".png"), _read_picture, bytewise),
    Target("image (.bmp)", _image(".bmp"), _read_picture, bytewise),
    Target("image (.tiff)", _image(".tiff"), _read_picture, bytewise),
    Target("video (.avi)", _video, _read_video, bytewise),
    Target("cache entry", _entry, _read_entry, bytewise),
)


def xlsx(member: str, content: bytes, good: Path) -> bytes:
    """A workbook with one member exchanged."""
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == member else old.read(name))
    return buffer.getvalue()
