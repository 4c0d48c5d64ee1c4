"""A method of a second, clips that it half understands, and runs on them as bundles."""

import hashlib
import io
import json
import zipfile

import numpy as np
import pandas as pd

from mebench import Clip
from mebench.base import Extractor
from mebench.bundles import bundle_run, verify_bundle
from mebench.bundles.archive import MEMBERS, pack, sealed
from mebench.datasets import Samples
from mebench.evaluation import evaluate
from mebench.methods import Method
from mebench.results import save_run
from mebench.svm import PolySVC

CLASSES = ("negative", "positive", "surprise")


class Quarters(Extractor):
    """Mean brightness of the four quarters of the last frame."""

    def _row(self, clip):
        frame = clip.frames[-1].astype(float)
        h, w = frame.shape[0] // 2, frame.shape[1] // 2
        return frame.reshape(2, h, 2, w).mean((1, 3)).ravel() / 255

    def _names(self):
        return [f"quarter {i}" for i in range(4)]


def build():
    from sklearn.pipeline import make_pipeline

    return make_pipeline(Quarters(), PolySVC(kernel="linear"))


METHOD = Method("tests.bundles.toy:METHOD", build, grid="linear", title="Quarters", citation="toy")


def samples(dataset="synthetic", n=30, persons=6, seed=0, notes=()):
    rng = np.random.default_rng(seed)
    label = [CLASSES[(i * i + i // persons) % 3] for i in range(n)]
    clips, rows = [], []
    for i in range(n):
        frame = rng.integers(90, 150, (8, 8))
        frame[:4, :4] += 9 * CLASSES.index(label[i])
        name = f"{dataset}/s{i % persons + 1:02d}/EP{i:02d}_0{i % 7}f"
        clips.append(Clip(name, np.stack([frame, frame]).astype(np.uint8), fps=100))
        rows.append((name, dataset, f"s{i % persons + 1:02d}", f"EP{i:02d}_0{i % 7}f", label[i],
                     10 + i, 20 + 2 * i, 40 + 3 * i, "happiness", "4"))  # fmt: skip
    columns = ["clip_id", "dataset", "subject", "clip", "label", "onset", "apex", "offset",
               "emotion", "au"]  # fmt: skip
    return Samples(clips, pd.DataFrame(rows, columns=columns), CLASSES, notes, "3class")


def run(folder, of=None, **settings):
    """Evaluate and save; the run's folder."""
    of = samples() if of is None else of
    head = settings.pop("head", {})
    found = evaluate(METHOD, of, cache=False, **settings)
    dataset = "+".join(dict.fromkeys(of.table["dataset"]))
    found.header.update({
        "dataset": dataset, "labels": "3class", "command": "mebench run", "processors": 2,
        "time": "2026-01-02T03:04:05+00:00", "platform": "here",
        "versions": {"mebench": "0.1.0", "numpy": "2"}, **head,
    })  # fmt: skip
    return save_run(found, folder)


def bundled(folder, of=None, truth=False, hash_ids=False, **settings):
    of = samples() if of is None else of
    made = run(folder, of, **settings)
    out = folder / f"{made.name}.mebundle"
    return bundle_run(made, out, truth=truth, samples=of if hash_ids else None)


def members(path):
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def forged(path, out, **changes):
    """The bundle with files changed by functions, under checksums that fit again."""
    found = members(path)
    for name, change in changes.items():
        key = {"run": "run.json", "folds": "folds.csv", "predictions": "predictions.csv",
               "chosen": "chosen.json", "confusion": "confusion.json", "scores": "scores.json",
               "environment": "environment.json"}[name]  # fmt: skip
        if key.endswith(".json"):
            value = json.loads(found[key])
            value = change(value) or value
            found[key] = (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
        else:
            table = pd.read_csv(io.BytesIO(found[key]), dtype=str, keep_default_na=False)
            changed = change(table)
            table = table if changed is None else changed
            found[key] = table.to_csv(index=False, lineterminator="\n").encode()
    return reseal(found, out)


def reseal(found, out):
    manifest = json.loads(found["manifest.json"])
    rest = {k: v for k, v in manifest.items()
            if k not in ("files", "checksum", "format", "version")}  # fmt: skip
    body = {name: found[name] for name in MEMBERS[1:]}
    out.write_bytes(pack({"manifest.json": sealed(rest, body), **body}))
    return out


def verified(path, of=None, refit=0, seed=0):
    """As `mebench verify` does, with these samples as the data at hand."""
    load = None if of is None else (lambda bundle: of)
    return verify_bundle(path, load, refit=refit, seed=seed, cache=False)


def wrong(found):
    """Level and key of what is disproved."""
    return [(check.level, check.key) for check in found.disproved]


def sha(data):
    return hashlib.sha256(data).hexdigest()
