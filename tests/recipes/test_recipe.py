"""Recipes as files: all of them name what there is, and mistakes are found before any work."""

import pytest

from mebench.datasets.composites import expand
from mebench.datasets.registry import database
from mebench.datasets.registry import names as databases
from mebench.errors import BadInput, DataNotFound
from mebench.evaluation.protocols import get_protocol
from mebench.experiments import settings
from mebench.methods import get_method
from mebench.recipes import get_recipe, names
from mebench.recipes.recipe import MEASURES
from mebench.results import FLAGS, published

WANTED = {
    "varanka2020", "emotion-engine", "emotion-engine-persons", "marzban-frames", "marzban-clips",
    "cnn-svm-hybrid", "toyama", "kato2021", "lbp-top-baselines", "megc2018", "megc2019", "bi-woof",
    "elbptop", "cd6me", "dfme", "spotting",
}  # fmt: skip


def test_all_that_are_wanted():
    assert set(names()) >= WANTED


@pytest.mark.parametrize("name", names())
def test_every_name_in_it_exists(name):
    recipe = get_recipe(name)
    assert recipe.title and recipe.source and len(recipe.rows)
    assert len({(row.key, row.name) for row in recipe.rows}) == len(recipe.rows)
    for row in recipe.rows:
        assert set(row.flags.replace(" ", "")) <= set(FLAGS)
        if recipe.kind == "spotting":
            continue
        if row.method != "majority":
            get_method(row.method)
        for side in (row.printed, row.honest):
            get_protocol(side["protocol"])
            if "method" in side:
                get_method(side["method"])
            plan = {k: v for k, v in side.items() if k != "method"}
            settings(None, {"dataset": row.dataset, "method": "mdmo", "labels": row.labels, **plan})
        for part in expand(row.dataset)[0]:
            if part in databases() and row.labels != "au":
                database(part).label_set(row.labels)
            else:
                assert row.labels == "au"


@pytest.mark.parametrize("name", names())
def test_the_honest_side_has_no_shortcut(name):
    recipe = get_recipe(name)
    for row in recipe.rows if recipe.kind == "recognition" else ():
        assert row.honest.get("tuning", "nested") in ("nested", "fixed")
        kind = row.honest["protocol"].partition(":")[0]
        assert kind not in ("kfold", "lovo", "random-split")


def test_the_thesis_is_as_published():
    rows = published(method="MDMO")
    rows = rows[rows["source"].str.startswith("Varanka, thesis")]
    recipe = get_recipe("varanka2020")
    assert len(recipe.rows) == 16 and recipe.measures == ["accuracy", "uf1"]
    for row in rows.to_dict("records"):
        name = {"smic": "smic-hs"}.get(row["database"], row["database"])
        (mine,) = [r for r in recipe.rows if r.dataset == name and r.name == row["method"]]
        assert dict(mine.values) == {"accuracy": row["accuracy"], "uf1": row["uf1"]}


@pytest.mark.parametrize(
    "name", ["emotion-engine", "emotion-engine-persons", "toyama", "marzban-frames"]
)
def test_seeds_have_the_numbers_that_are_published(name):
    for row in get_recipe(name).rows:
        known = published(database=row.dataset)
        for measure, value in row.values.items():
            assert (abs(known[MEASURES[measure]] - value) < 1e-9).any(), (row.name, measure)


def test_only():
    recipe = get_recipe("varanka2020")
    assert {r.dataset for r in recipe.only(["samm"]).rows} == {"samm"}
    assert {r.method for r in recipe.only(["*mdmo"]).rows} == {"mdmo", "sparse-mdmo"}
    assert len(recipe.only(["casme2 5class mdmo"]).rows) == 1
    with pytest.raises(BadInput, match="sparse-mdmo"):
        recipe.only(["hoof"])


def test_what_is_wrong_with_a_recipe(tmp_path):
    with pytest.raises(BadInput, match="varanka2020"):
        get_recipe("varanka2021")
    with pytest.raises(DataNotFound, match="none.toml"):
        get_recipe(tmp_path / "none.toml")
    good = 'title = "t"\nsource = "s"\nprinted = {protocol = "lovo"}\n'
    row = 'rows = [{dataset = "casme2", method = "mdmo", accuracy = 0.5}]\n'
    for text, message in (
        ("title = ", "not valid TOML"), (good, "lacks rows"),
        (good + row.replace("mdmo", "mdmo\", colour = \"red"), "row 1 has colour"),
        (good + row.replace("0.5", "50"), "share from 0 to 1"),
        (good.replace("lovo", "lovo\", epochs = \"3") + row, "printed has epochs"),
        (good + row.replace('dataset = "casme2", ', ""), "row 1 lacks dataset"),
        (good + 'kind = "guess"\n' + row, "recognition or spotting"),
    ):  # fmt: skip
        (tmp_path / "mine.toml").write_text(text)
        with pytest.raises(BadInput, match=message):
            get_recipe(tmp_path / "mine.toml")
    (tmp_path / "mine.toml").write_text(good + row)
    recipe = get_recipe(str(tmp_path / "mine.toml"))
    assert recipe.name == "mine" and recipe.rows[0].printed == {"protocol": "lovo"}
