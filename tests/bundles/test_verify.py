"""Honest bundles reach their level; each fraud is caught at the level that can."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mebench.bundles import badge, certificate, read_certificate, verify
from mebench.bundles.arithmetic import published_counts
from mebench.errors import BadInput
from mebench.scoring.metrics import scores

from . import toy


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    return toy.bundled(tmp_path_factory.mktemp("honest"))


def test_an_honest_run_reaches_every_level(honest):
    assert toy.verified(honest).level == 3
    assert toy.verified(honest, toy.samples()).level == 4
    found = toy.verified(honest, toy.samples(), refit=2)
    assert found.level == 5
    assert len(found.refitted) == 2
    assert not found.disproved


@pytest.mark.parametrize("settings", [
    {"protocol": "group-kfold:3"}, {"protocol": "kfold:3"}, {"protocol": "lovo"},
    {"tuning": "oracle"}, {"tuning": "fixed"}, {"scoring": "accuracy"},
    {"grid": {"degree": [1], "gamma": [1], "C": [0.5, 5]}},
])  # fmt: skip
def test_other_protocols_and_tunings_do_too(tmp_path, settings):
    path = toy.bundled(tmp_path, **settings)
    assert toy.verified(path).level == 3
    found = toy.verified(path, toy.samples(), refit=2)
    assert found.level == 5, found.summary()


def test_what_a_bundle_cannot_show_stays_open_until_the_data_are_there(tmp_path):
    path = toy.bundled(tmp_path, protocol="holdout:0.3")
    without = toy.verified(path)
    assert without.level == 2
    assert any("both sides" in text for text in without.unproved)
    assert toy.verified(path, toy.samples(), refit=1).level == 5


def test_several_databases(tmp_path):
    both = toy.samples("a"), toy.samples("b", seed=1)
    from mebench.datasets.composites import union

    of = replace(union(both), label_set="3class")
    path = toy.bundled(tmp_path, of, protocol="composite")
    assert toy.verified(path, of, refit=2).level == 5


def test_an_edited_prediction(tmp_path, honest):
    def other(table):
        table.loc[0, "y_pred"] = "surprise" if table.loc[0, "y_pred"] != "surprise" else "positive"

    edited = toy.forged(honest, tmp_path / "x.mebundle", predictions=other)
    assert toy.wrong(toy.verified(edited)) == [(2, "matrix")]

    found = toy.members(honest)
    found["predictions.csv"] = found["predictions.csv"].replace(b"positive", b"negative", 1)
    toy_path = tmp_path / "y.mebundle"
    from mebench.bundles.archive import pack

    toy_path.write_bytes(pack(found))  # the checksums are those of before
    assert toy.wrong(toy.verified(toy_path)) == [(1, "whole")]


def test_a_prediction_edited_with_everything_that_follows_from_it(tmp_path, honest):
    """Only who has the truth can see it."""
    of = toy.samples()
    truth = dict(zip(of.table["clip_id"], of.table["label"], strict=True))
    at = {}

    def better(table):
        row = next(
            i for i in table.index if table.loc[i, "y_pred"] != truth[table.loc[i, "clip_id"]]
        )
        at["said"], at["truth"] = table.loc[row, "y_pred"], truth[table.loc[row, "clip_id"]]
        table.loc[row, "y_pred"] = at["truth"]

    def matrices(value):
        t, s = (toy.CLASSES.index(at[k]) for k in ("truth", "said"))
        for matrix in (value["all"], value["databases"]["synthetic"]):
            matrix[t][t] += 1
            matrix[t][s] -= 1

    def figures(value):
        from mebench.scoring.metrics import per_class

        changed = np.array(json.loads(found["confusion.json"])["all"])
        value["scores"] = scores(changed)
        value["per_class"] = per_class(changed, toy.CLASSES).to_dict("index")
        for name, one in value["scores"].items():
            low, high = value["intervals"][name]
            value["intervals"][name] = [min(low, one), max(high, one)]
        value["fold_means"]["fold_mean_accuracy"] = value["scores"]["accuracy"]

    path = toy.forged(honest, tmp_path / "x.mebundle", predictions=better, confusion=matrices)
    found = toy.members(path)
    path = toy.forged(path, path, scores=figures)
    assert toy.verified(path).level == 3, toy.verified(path).disproved
    assert (4, "file") in toy.wrong(toy.verified(path, of))


def test_swapped_truth(tmp_path):
    """Two labels were exchanged before the run, so that it looks better."""
    of = toy.samples()
    table = of.table.copy()
    a, b = (int(np.flatnonzero(table["label"] == c)[0]) for c in ("negative", "surprise"))
    table.loc[[a, b], "label"] = table.loc[[b, a], "label"].to_numpy()
    path = toy.bundled(tmp_path, replace(of, table=table))
    assert toy.verified(path).level == 3
    found = toy.wrong(toy.verified(path, of))
    assert (4, "fingerprint") in found

    def claimed(value):
        value["fingerprint"] = of.fingerprint()

    path = toy.forged(path, tmp_path / "y.mebundle", run=claimed)
    assert {(4, "file"), (4, "scores")} & set(toy.wrong(toy.verified(path, of)))


def test_a_person_on_both_sides(tmp_path):
    path = toy.bundled(tmp_path, protocol="group-kfold:3")

    def moved(table):
        folds = list(dict.fromkeys(table["fold"]))
        table.loc[0, "fold"] = next(f for f in folds if f != table.loc[0, "fold"])

    edited = toy.forged(path, tmp_path / "x.mebundle", folds=moved)
    assert (3, "persons") in toy.wrong(toy.verified(edited))

    overlapping = toy.bundled(tmp_path / "k", protocol="kfold:3")
    hidden = toy.forged(overlapping, tmp_path / "y.mebundle",
                        run=lambda v: v.update(warnings=[]))  # fmt: skip
    assert toy.wrong(toy.verified(hidden)) == [(3, "persons")]


def test_a_grid_chosen_on_the_test_folds(tmp_path):
    oracle = toy.bundled(tmp_path, tuning="oracle")
    crude = toy.forged(oracle, tmp_path / "x.mebundle", run=lambda v: v.update(tuning="nested"))
    assert toy.wrong(toy.verified(crude)) == [(3, "inner folds")]

    def made_up(value):
        for i, entry in enumerate(value["folds"]):
            entry["inner_score"] = 0.5 + i / 100

    careful = toy.forged(crude, tmp_path / "y.mebundle", chosen=made_up)
    assert toy.wrong(toy.verified(careful, toy.samples())) == [(4, "file")]  # its mark is missing

    def checksum(value):
        table = pd.read_csv(next(tmp_path.glob("*/predictions.csv")), dtype=str)
        text = table.drop(columns="marks").to_csv(index=False, lineterminator="\n")
        value["predictions_sha256"] = toy.sha(text.encode())

    careful = toy.forged(careful, careful, run=checksum)
    assert toy.verified(careful, toy.samples()).level == 4
    found = toy.verified(careful, toy.samples(), refit=6)
    assert (5, "choices") in toy.wrong(found)
    assert found.level == 4


def test_a_choice_that_no_grid_has(tmp_path, honest):
    def far(value):
        value["folds"][0]["params"]["C"] = 3.0

    path = toy.forged(honest, tmp_path / "x.mebundle", chosen=far)
    assert toy.wrong(toy.verified(path)) == [(3, "grid")]


def test_scores_of_another_run(tmp_path, honest):
    other = json.loads(toy.members(toy.bundled(tmp_path, toy.samples(seed=5)))["scores.json"])
    path = toy.forged(honest, tmp_path / "x.mebundle", scores=lambda _: other)
    assert (2, "scores") in toy.wrong(toy.verified(path))


def test_a_missing_fold(tmp_path, honest):
    def without(table):
        return table[~table["clip_id"].str.contains("/s03/")]

    path = toy.forged(honest, tmp_path / "x.mebundle", folds=without, predictions=without)
    assert {(2, "matrix"), (3, "clips")} <= set(toy.wrong(toy.verified(path)))

    # A run on the other persons alone, passed off as one on all.
    of = toy.samples()
    part = of.take((of.table["subject"] != "s03").to_numpy())
    path = toy.bundled(tmp_path / "part", part, head={"fingerprint": of.fingerprint()})
    assert toy.verified(path).level == 3
    found = toy.wrong(toy.verified(path, of))
    assert (4, "folds") in found and (2, "class counts") in found


def test_counts_are_those_of_the_database(tmp_path):
    of = toy.samples("casme2")
    path = toy.bundled(tmp_path, of)
    assert toy.wrong(toy.verified(path)) == [(2, "class counts")]
    assert toy.verified(path, of, refit=1).level == 5
    note = "A synthetic corpus in the layout of CASME II, no recordings"
    assert (
        toy.verified(toy.bundled(tmp_path / "twin", toy.samples("casme2", notes=[note]))).level == 3
    )
    assert published_counts("casme2+samm", "3class")[0]["negative"] == 180
    assert published_counts("mine.csv", "3class") == []


def test_two_hundred_random_bytes(tmp_path, honest):
    data, rng = honest.read_bytes(), np.random.default_rng(0)
    for _ in range(200):
        edited = bytearray(data)
        at, n = int(rng.integers(len(data))), int(rng.integers(1, 12))
        kind = rng.integers(3)
        if kind == 0:
            edited[at] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            del edited[at : at + n]
        else:
            edited[at:at] = rng.bytes(n)
        path = tmp_path / "x.mebundle"
        path.write_bytes(edited)
        # Some bits of a compressed stream are padding: then the very same files come out of it.
        assert toy.verified(path).level == 0 or toy.members(path) == toy.members(honest)


#: Parts on which no figure stands; a verification calls them the run's own word.
OWN_WORD = ("environment", "run/title", "run/citation", "run/seconds", "run/peak_mib", "run/notes",
            "run/seed", "run/n_repeats")  # fmt: skip


def leaves(value, path=""):
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, f"{path}/{key}")
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from leaves(one, f"{path}/{i}")
    else:
        yield path, value


def changed(value, rng):
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return value + int(rng.integers(1, 3))
    if isinstance(value, float):
        return value + 0.01
    return value[:-1] + ("x" if not value.endswith("x") else "y") if value else "x"


def test_two_hundred_random_edits_under_fitting_checksums(tmp_path, honest):
    rng, of = np.random.default_rng(1), toy.samples()
    found = toy.members(honest)
    files = [n for n in found if n != "manifest.json"]
    caught = 0
    for _ in range(200):
        name = files[rng.integers(len(files))]
        key = name.partition(".")[0]
        if name.endswith(".json"):
            every = list(leaves(json.loads(found[name])))
            where, old = every[rng.integers(len(every))]

            def change(value, where=where, old=old):
                *way, last = where.strip("/").split("/")
                for step in way:
                    value = value[int(step) if isinstance(value, list) else step]
                value[int(last) if isinstance(value, list) else last] = changed(old, rng)

            what = f"{key}{where}"
        else:
            row, column = int(rng.integers(30)), int(rng.integers(4))

            def change(table, row=row, column=column):
                cell = table.iloc[row, column]
                others = sorted(set(table.iloc[:, column]) - {cell})
                table.iloc[row, column] = (
                    others[rng.integers(len(others))] if others else cell + "x"
                )

            what = f"{key}/{row}/{column}"
        path = toy.forged(honest, tmp_path / "x.mebundle", **{key: change})
        if what.startswith(OWN_WORD):
            continue
        level = toy.verified(path, of).level
        if level == 4:
            level = toy.verified(path, of, refit=6).level
        caught += 1
        assert level < 5, what
    assert caught > 120


def test_certificate_and_badge(tmp_path, honest):
    found = toy.verified(honest, toy.samples(), refit=1)
    path = tmp_path / "c.json"
    path.write_text(json.dumps(certificate(found, "somebody")))
    again = read_certificate(path)
    assert again["level"] == 5 and again["sha256"] == toy.sha(honest.read_bytes())
    assert "level 5: refit" in badge(5) and "not verified" in badge(0)
    path.write_text("{}")
    with pytest.raises(BadInput, match="no certificate"):
        read_certificate(path)


def test_options_that_do_not_go_together(honest, tmp_path):
    with pytest.raises(BadInput, match="leave --split"):
        verify(honest, claims={"uf1": ".5"})
    with pytest.raises(BadInput, match="not 'samm'"):
        verify(honest, dataset="samm")
    table = tmp_path / "p.csv"
    table.write_text("subject,y_true,y_pred\n1,a,a\n2,b,b\n")
    with pytest.raises(BadInput, match="no bundle"):
        verify(table, refit=1)
