import re
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest

from mebench.errors import BadInput
from mebench.results.diagram import draw_ranks, rank_figure
from mebench.results.face_figures import face_map, importance_bars, read_polygons, region_shapes
from mebench.results.face_outline import FACE_POINTS
from mebench.results.figure_style import encoded, inline, save
from mebench.results.figures import (
    confusion,
    forest,
    hyperparameters,
    per_class,
    score_surface,
    significance,
    subjects,
)  # fmt: skip
from mebench.scoring.significance import friedman

from .stored_runs import explanations, run

NAMES = ["mdmo", "lbp-top", "a very long name of a method that nobody would give"]


def _forest():
    return forest(
        [
            {
                "name": NAMES[2],
                "value": 0.5,
                "low": 0.4,
                "high": 0.7,
                "baseline": 0.2,
                "kind": "run",
            },
            {"name": "x", "value": 0.9, "kind": "published"},
        ],
        "UF1",
    )


def _subjects():
    table = pd.DataFrame({"right": range(30), "wrong": 1, "influence": np.linspace(-1, 1, 30)},
                         index=[f"s{i}" for i in range(30)])  # fmt: skip
    return subjects(table, "UF1")


def _significance():
    pairs = [
        {"a": a, "b": b, "difference": 0.1, "p": p}
        for (a, b), p in zip(combinations(NAMES, 2), (0.5, 0.01, 0.0), strict=True)
    ]
    return significance(NAMES, pairs)


def _face():
    files = explanations(run())
    shapes = region_shapes(files["importance.csv"], read_polygons(files["polygons.json"]))
    return face_map(files["importance.csv"], shapes)


FIGURES = {
    "forest": _forest,
    "confusion": lambda: confusion(np.array([[3, 1], [0, 2]]), ["neg", "pos"]),
    "classes": lambda: per_class(run().per_class()),
    "subjects": _subjects,
    "parameters": lambda: hyperparameters({"C": {"1": 3, "10": 1}}, 4),
    "surface": lambda: score_surface(explanations(run())["surface.csv"], "UF1"),
    "significance": _significance,
    "ranks": lambda: rank_figure(friedman({"x": [0.9, 0.8], "y": [0.7, 0.6], "z": [0.5, 0.7]})),
    "face": _face,
    "importance": lambda: importance_bars(explanations(run())["importance.csv"]),
}


def texts(made):
    """What stands in a figure."""
    root = ET.fromstring(inline(made, "f", "alt").replace(" & ", " &amp; "))
    return " ".join(t.strip() for e in root.iter() for t in (e.text, e.tail) if t and t.strip())


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_numbers_give_the_same_bytes(name):
    first, second = FIGURES[name](), FIGURES[name]()
    for form in ("svg", "pdf"):
        a, b = encoded(first, form), encoded(second, form)
        assert a == b and b"CreationDate" not in a and b"<dc:date>" not in a
    assert inline(first, "f", "alt") == inline(second, "f", "alt")


def test_png_is_the_same_too_and_for_print(tmp_path):
    import cv2

    paths = [save(FIGURES["confusion"](), tmp_path / f"{i}.png") for i in range(2)]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    inches = FIGURES["confusion"]().get_size_inches()
    shape = cv2.imread(str(paths[0])).shape
    assert shape[1] == pytest.approx(300 * inches[0], abs=1)


def test_other_endings_and_places_are_refused(tmp_path):
    with pytest.raises(BadInput, match="docx"):
        save(FIGURES["confusion"](), tmp_path / "x.docx")
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="Cannot write"):
        save(FIGURES["confusion"](), tmp_path / "file" / "x.png")
    ranks = friedman({"x": [0.9, 0.8], "y": [0.7, 0.6]})
    assert draw_ranks(ranks, tmp_path / "ranks.pdf").read_bytes().startswith(b"%PDF")


def test_inside_a_page_a_figure_follows_its_theme_and_keeps_to_itself():
    text = inline(FIGURES["significance"](), "f7", 'a "name" <b>')
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert all(i.startswith("f7-") for i in ids) and len(ids) == len(set(ids))
    assert all(u.startswith("f7-") for u in re.findall(r"url\(#([^)]*)\)", text))
    assert "var(--ink)" in text and "#1b1d21" not in text.lower()
    assert "<b>" not in text and "&lt;b&gt;" in text
    assert "font-family" not in text and "DejaVu" not in text


def test_figures_say_their_numbers():
    assert {"3", "1", "0", "2", "neg", "truth"} <= set(texts(FIGURES["confusion"]()).split())
    found = texts(FIGURES["significance"]())
    assert "+0.10" in found and "−0.10" in found and "p .010" in found and "p <.001" in found
    shown = texts(FIGURES["subjects"]())
    assert "s29" in shown and "s0" in shown and "s15" not in shown  # those of least influence go
    assert "AU4" in texts(FIGURES["face"]()) and "roi0" in texts(FIGURES["importance"]())


def test_units_of_a_region_are_never_cut_off():
    units = "+".join(f"AU{n}" for n in (16, 17, 18, 23, 24, 25, 26, 28))
    table = pd.DataFrame({"group": [f"mouth-corner{i}" for i in range(5)], "au": units,
                          "drop": np.linspace(0.1, 0.02, 5)})  # fmt: skip
    box = np.array([(0.4, 0.7), (0.6, 0.7), (0.6, 0.8), (0.4, 0.8)])
    for made in (face_map(table, dict.fromkeys(table["group"], box)), importance_bars(table)):
        assert texts(made).replace(" ", "").count("16+17+18+23+24+25+26+28") == 5
        assert "…" not in texts(made)
        made.draw_without_rendering()
        (axes,) = made.axes
        words = axes.texts or [*axes.get_yticklabels(), axes.xaxis.label]
        boxes = [t.get_window_extent() for t in words]
        assert all(b.x0 >= 0 and b.x1 <= made.bbox.x1 for b in boxes)
        assert all(b.y0 >= 0 and b.y1 <= made.bbox.y1 for b in boxes)
        # None lies on another, though all regions lie on one place.
        places = sorted((b.y0, b.y1) for b in boxes)
        assert all(low[1] <= high[0] + 1 for low, high in pairwise(places))


def test_many_values_of_a_parameter_are_gathered():
    counts = {"gamma": {str(i): 1 + (i == 5) for i in range(20)}}
    shown = texts(hyperparameters(counts, 21))
    assert "13 others" in shown and "gamma" in shown


def test_a_name_is_not_a_formula():
    made = confusion(np.array([[1]]), ["$\\frac{$"])
    assert b"%PDF" in encoded(made, "pdf")[:8]


def test_regions_without_a_place_are_not_drawn():
    table = pd.DataFrame({"group": ["a", "b", "c"], "au": "", "drop": [0.1, 0.2, 0.3],
                          "x0": [0.1, np.nan, 0], "y0": 0.1, "x1": 0.4, "y1": 0.5})  # fmt: skip
    shapes = region_shapes(table, {"c": np.array([[0, 0], [1, 0], [1, 1.0]])})
    assert set(shapes) == {"a", "c"} and shapes["a"].shape == (4, 2) and len(shapes["c"]) == 3
    assert read_polygons(b"no json") == {} == read_polygons(b'{"a": [1]}') == read_polygons(None)


def test_the_outline_is_symmetric():
    assert np.allclose(FACE_POINTS[:17, 0], 1 - FACE_POINTS[16::-1, 0])
    assert np.allclose(FACE_POINTS[36:40, 1], FACE_POINTS[45:41:-1, 1])
