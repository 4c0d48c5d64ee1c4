"""What is in a bundle, what is not, and what is refused."""

import io
import json
import struct
import zipfile
from dataclasses import replace

import pandas as pd
import pytest

from mebench.bundles import bundle_run, is_licensed, read_bundle
from mebench.bundles.archive import MEMBERS, pack, unpack
from mebench.bundles.contents import without_paths
from mebench.bundles.licensed import refuse_licensed
from mebench.bundles.names import key_of
from mebench.bundles.write import targets
from mebench.errors import BadInput, DataNotFound
from mebench.results import load_run, save_run

from . import toy


@pytest.fixture(scope="module")
def licensed(tmp_path_factory):
    """A run on what passes for CASME II, and its folder."""
    return toy.run(tmp_path_factory.mktemp("licensed"), toy.samples("casme2"))


def again(folder, out, **head):
    """The run with other things in its header, saved elsewhere."""
    run = load_run(folder)
    return save_run(replace(run, header={**run.header, **head}), out)


def test_it_holds_what_makes_a_score_and_no_truth(licensed, tmp_path):
    path = bundle_run(licensed, tmp_path / "x.mebundle")
    found = toy.members(path)
    assert tuple(found) == MEMBERS
    table = pd.read_csv(io.BytesIO(found["predictions.csv"]))
    assert {"clip_id", "y_pred"} <= set(table) and "y_true" not in table
    text = b"".join(found.values()).decode()
    for word in ("y_true", "happiness", "onset", '"au"'):
        assert word not in text
    assert read_bundle(path).scores["scores"] == load_run(licensed).scores()


def test_the_same_run_gives_the_same_bytes(licensed, tmp_path):
    a = bundle_run(licensed, tmp_path / "a.mebundle")
    assert a.read_bytes() == bundle_run(licensed, tmp_path / "b.mebundle").read_bytes()


def test_truth_travels_with_own_data_only(licensed, tmp_path):
    with pytest.raises(BadInput, match="may not be passed on"):
        bundle_run(licensed, tmp_path / "x.mebundle", truth=True)
    own = toy.bundled(tmp_path, toy.samples("mine"), truth=True)
    assert "y_true" in read_bundle(own).rows
    assert toy.verified(own).level == 3


@pytest.mark.parametrize("head", [
    {"scoring": "s01/EP00_00f is annotated as happiness"},
    {"title": "casme2/s01/EP00_00f: negative"},
    {"citation": "apex of s01/EP00_00f at 46"},
    {"notes": [" ".join(["negative positive surprise"] * 12)]},
    {"notes": ["data:image/png;base64,iVBORw0KGgo"]},
    {"notes": ["A" * 400]},
    {"warnings": [" ".join(f"s{i % 6 + 1:02d}/EP{i:02d}_0{i % 7}f" for i in range(30))]},
    {"class_counts": {"casme2/s01/EP00_00f": 1}},
    {"tune": {"label": ["negative"]}},
    {"nested_scores": {"truth": ["negative", "positive"] * 15}},
    {"tune": {"x": ["negative", "positive"] * 15}},
    {"nested_scores": {"x": list(range(30))}},
])  # fmt: skip
def test_whatever_gives_truth_away_is_refused(licensed, tmp_path, head):
    folder = again(licensed, tmp_path / "runs", **head)
    out = tmp_path / "x.mebundle"
    with pytest.raises(BadInput, match="No bundle was written"):
        bundle_run(folder, out)
    assert not out.exists()


NOTES = [
    "2 known wrong cells corrected: s01/EP00_00f apex 46 → 60 (somebody); s02/EP01_01f au 4 → 12",
    "casme2: 3 clips left out because it cannot be used: s07/EP99 (no folder); s08/EP98 (AU 4)",
    "1 clip whose apex lies outside the clip: s03/EP02_02f (77, clip 3–40)",
    "the clip casme2/s01/EP00_00f is odd at 46",
    "24 of 40 rows in 3class (as published); left out: others 16",
]


def test_notes_say_how_many_and_not_which(licensed, tmp_path):
    folder = again(licensed, tmp_path / "r", notes=NOTES,
                   skipped={"casme2/s09/EP77": "No face in frame 46 at the apex."})  # fmt: skip
    head = read_bundle(bundle_run(folder, tmp_path / "x.mebundle")).header
    assert head["notes"] == [
        "2 known wrong cells corrected", "casme2: 3 clips left out because it cannot be used",
        "1 clip whose apex lies outside the clip", "the clip …", NOTES[-1],
    ]  # fmt: skip
    assert head["skipped"] == {"casme2/s09/EP77": "left out"}


def test_an_onset_in_the_name_of_a_clip_stays_at_home(tmp_path):
    of = toy.samples("casme3a")
    new = {c: f"{c}/{5 * i + 46}" for i, c in enumerate(of.table["clip_id"])}
    clips = [replace(clip, id=new[clip.id]) for clip in of.clips]
    of = replace(of, clips=clips, table=of.table.assign(clip_id=of.table["clip_id"].map(new)))
    for protocol in ("loso", "lovo"):
        path = toy.bundled(tmp_path / protocol, of, protocol=protocol)
        bundle = read_bundle(path)
        assert all(c.endswith("/#1") for c in bundle.folds["clip_id"])
        assert toy.verified(path, of, refit=2).level == 5, toy.verified(path, of).disproved


def test_unknown_parts_of_the_header_and_pictures_stay_at_home(licensed, tmp_path):
    run = load_run(licensed)
    truth = run.table.set_index("clip_id")["y_true"].to_dict()
    pictures = {"strips-1.webp": b"RIFF....WEBP", "mean_face.png": b"\x89PNG"}
    run = replace(run, header={**run.header, "labels_of_clips": truth}, artifacts=pictures)
    found = toy.members(bundle_run(save_run(run, tmp_path / "r"), tmp_path / "x.mebundle"))
    assert b"labels_of_clips" not in found["run.json"]
    assert not any(b"PNG" in data or b"WEBP" in data for data in found.values())


@pytest.mark.parametrize("column", ["y_true", "emotion", "onset", "score_x"])
def test_columns_of_truth_are_refused(licensed, column):
    run = load_run(licensed)
    truth = run.table.set_index("clip_id")["y_true"].to_dict()
    table = run.table[["clip_id", "y_pred"]].copy()
    if column == "score_x":  # the truth as scores
        for c in toy.CLASSES:
            table[f"score_{c}"] = (run.table["y_true"] == c).astype(float)
    else:
        table[column] = "1"
    text = table.to_csv(index=False).encode()
    with pytest.raises(BadInput, match="No bundle was written"):
        refuse_licensed({"predictions.csv": text}, truth, toy.CLASSES)


def test_hashed_names_are_matched_by_holders_alone(tmp_path):
    of = toy.samples("casme2")
    path = toy.bundled(tmp_path, of, hash_ids=True)
    text = b"".join(toy.members(path).values()).decode()
    assert "EP00" not in text and "s01" not in text
    assert toy.verified(path, of, refit=2).level == 5
    table = of.table.copy()
    table.loc[0, "onset"] += 1  # a sheet that differs in one mark has another key
    other = replace(of, table=table)
    assert key_of(other) != key_of(of)
    assert (4, "clips") in toy.wrong(toy.verified(path, other))
    with pytest.raises(BadInput, match="not those of the run"):
        bundle_run(toy.run(tmp_path / "r", of), tmp_path / "y.mebundle", samples=other)


def test_what_hashed_bundles_list_is_in_the_order_of_the_hashes(tmp_path):
    bundle = read_bundle(toy.bundled(tmp_path, toy.samples("casme2"), hash_ids=True))
    assert bundle.folds["clip_id"] == sorted(bundle.folds["clip_id"])
    folds = [entry["fold"] for entry in bundle.chosen["folds"]]
    assert folds == sorted(folds)


def test_names_of_databases():
    for name in ("casme2", "casme2+mine.csv", "megc2019", "smic"):
        assert is_licensed(name, [])
    assert is_licensed("mine.csv", ["CAS(ME)3"]) or is_licensed("mine.csv", ["casme3a"])
    assert not is_licensed("mine.parquet", ["clinic"])


def test_paths_of_the_machine_stay_at_home():
    command = (
        "mebench run --data-root /home/me/CASME --out '/tmp/x y/runs' C:\\data\\me ~/grid.json"
    )
    assert without_paths(command) == ("mebench run --data-root CASME --out 'x y/runs' me grid.json")
    assert without_paths("http://x.org/a and 1/2 or TP / n") == "http://x.org/a and 1/2 or TP / n"


def test_incomplete_runs_and_wrong_names(licensed, tmp_path):
    with pytest.raises(BadInput, match=r"NAME\.mebundle"):
        bundle_run(licensed, tmp_path / "x.zip")
    short = again(licensed, tmp_path / "r", complete=False, failed={"x": "no face"})
    with pytest.raises(BadInput, match="lacks folds"):
        bundle_run(short, tmp_path / "x.mebundle")
    with pytest.raises(DataNotFound):
        bundle_run(tmp_path / "none", tmp_path / "x.mebundle")
    with pytest.raises(BadInput, match="same name"):
        targets([tmp_path / "a" / "run", tmp_path / "b" / "run"], tmp_path)


class Trap:
    """Unpickled, it would say so."""

    def __reduce__(self):
        raise AssertionError("something was unpickled")


def zipped(path, extra=(), change=None):
    """The members of a bundle in a zip of another make."""
    found = toy.members(path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in MEMBERS:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.external_attr, info.create_system = 0o644 << 16, 3
            if change is not None:
                change(info)
            file.writestr(info, found[name])
        for name, data in extra:
            file.writestr(name, data)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def good(licensed, tmp_path_factory):
    return bundle_run(licensed, tmp_path_factory.mktemp("good") / "good.mebundle")


def linked(info):
    if info.filename == "run.json":
        info.external_attr = 0o120777 << 16


@pytest.mark.parametrize(("what", "words"), [
    ([("../evil.py", "x")], "does not belong"), ([("/etc/passwd", "x")], "does not belong"),
    ([("frames/1.jpg", "x")], "does not belong"), ([("run.json", "{}")], "twice"),
    ([("model.pkl", "x")], "does not belong"), ([("run.json/x", "x")], "does not belong"),
])  # fmt: skip
def test_foreign_members_are_refused(good, tmp_path, what, words):
    path = tmp_path / "x.mebundle"
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path.write_bytes(zipped(good, what))
    with pytest.raises(BadInput, match=words):
        unpack(path)


def test_other_tricks_are_refused(good, tmp_path):
    path = tmp_path / "x.mebundle"
    data = good.read_bytes()
    tries = [
        b"MZ" + data, data + b"tail", data[:-1], b"", b"PK\3\4", zipped(good, change=linked),
        zipped(good, change=lambda i: setattr(i, "compress_type", zipfile.ZIP_LZMA)),
        zipped(good, change=lambda i: setattr(i, "comment", b"x")),
        zipped(good, change=lambda i: setattr(i, "date_time", (2026, 1, 1, 0, 0, 0))),
    ]  # fmt: skip
    bomb = bytearray(data)
    place = data.rindex(b"PK\1\2")
    bomb[place + 24 : place + 28] = struct.pack("<L", 2**31)
    tries.append(bytes(bomb))
    for made in tries:
        path.write_bytes(made)
        with pytest.raises(BadInput):
            unpack(path)
    with pytest.raises(DataNotFound):
        unpack(tmp_path / "none.mebundle")


def test_a_bomb_that_lies_about_its_size(good, tmp_path):
    found = {**toy.members(good), "run.json": b"0" * 5_000_000}
    data = bytearray(pack(found))
    # The directory and the header claim ten bytes.
    for magic, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        place = -1
        for _ in range(MEMBERS.index("run.json") + 1):
            place = data.index(magic, place + 1)
        data[place + at : place + at + 4] = struct.pack("<L", 10)
    path = tmp_path / "x.mebundle"
    path.write_bytes(data)
    with pytest.raises(BadInput):
        unpack(path)


@pytest.mark.parametrize(("name", "text", "words"), [
    ("run.json", b'{"a": NaN}', "NaN"), ("run.json", b'{"a": 1, "a": 2}', "twice"),
    ("run.json", b"[" * 100_000, "JSON"), ("run.json", b"\xff", "JSON"),
    ("run.json", b"[]", "object"),
    ("folds.csv", b"clip_id,dataset\n", "columns"), ("folds.csv", b"", "no header"),
    ("predictions.csv", b"clip_id,y_pred,extra\na,b,c\n", "column"),
    ("scores.json", b"{}\n", "no scores"), ("confusion.json", b"{}\n", "classes"),
])  # fmt: skip
def test_members_of_another_form(good, tmp_path, name, text, words):
    found = toy.members(good)
    found[name] = text
    path = toy.reseal(found, tmp_path / "x.mebundle")
    with pytest.raises(BadInput, match=words):
        read_bundle(path)


@pytest.mark.parametrize(("part", "key", "value"), [
    ("run", "method", "evil\x1b[2J"), ("run", "method", ["x"]), ("run", "seconds", {"folds": "1"}),
    ("run", "seconds", [1]), ("run", "n_samples", True), ("run", "notes", [1]), ("run", "title", 1),
    ("environment", "versions", "x"), ("environment", "processors", "2"),
    ("scores", "majority", {"uf1": "x"}), ("scores", "fold_means", {"x": [{"y": "z"}]}),
    ("chosen", "points", 3),
])  # fmt: skip
def test_values_of_another_kind(good, tmp_path, part, key, value):
    """Nothing that a page or a terminal prints is other than what it expects."""
    path = toy.forged(good, tmp_path / "x.mebundle", **{part: lambda v: v.update({key: value})})
    with pytest.raises(BadInput):
        read_bundle(path)


def test_half_a_character_and_numbers_beyond_all_bounds(good, tmp_path):
    for old, new in ((b'"loso"', b'"\\ud800"'), (b'"seed": 0', b'"seed": 1e999'),
                     (b'"seed": 0', b'"seed":  0')):  # fmt: skip
        found = toy.members(good)
        assert old in found["run.json"]
        found["run.json"] = found["run.json"].replace(old, new, 1)
        with pytest.raises(BadInput):
            read_bundle(toy.reseal(found, tmp_path / "x.mebundle"))


def test_another_version_says_so(good, tmp_path):
    from mebench.bundles import archive

    found = toy.members(good)
    manifest = json.loads(found["manifest.json"])
    del manifest["checksum"]
    manifest["version"] = 9
    manifest["checksum"] = archive._own_sum(manifest)
    found["manifest.json"] = archive._json(manifest)
    path = tmp_path / "x.mebundle"
    path.write_bytes(pack(found))
    with pytest.raises(BadInput, match="version 9"):
        unpack(path)


def test_action_units(tmp_path):
    from mebench.evaluation import evaluate_units

    of = toy.samples("casme2")
    table = of.table.assign(au=["4+7" if i % 3 else "12" for i in range(len(of))])
    of = replace(of, table=table)
    found = evaluate_units(toy.METHOD, of, cache=False)
    found.header.update(dataset="casme2", labels="au")
    path = bundle_run(save_run(found, tmp_path), tmp_path / "x.mebundle")
    assert toy.verified(path).level == 3
    checked = toy.verified(path, of, refit=2)
    assert checked.level == 5, checked.summary()

    def other(rows):
        rows.loc[0, "y_pred"] = "1" if rows.loc[0, "y_pred"] == "0" else "0"

    edited = toy.forged(path, tmp_path / "y.mebundle", predictions=other)
    assert toy.wrong(toy.verified(edited)) == [(2, "counts")]
