import random
from pathlib import Path

import pandas as pd
import pytest

from mebench.datasets.au import ActionUnit, parse_aus, read_aus, units
from mebench.datasets.units import action_units


@pytest.mark.parametrize(
    "text, expected",
    [
        ("12", [ActionUnit(12)]),
        (12, [ActionUnit(12)]),
        (12.0, [ActionUnit(12)]),
        ("AU12", [ActionUnit(12)]),
        ("L12", [ActionUnit(12, side="L")]),
        ("AUR4", [ActionUnit(4, side="R")]),
        ("r14a", [ActionUnit(14, side="R", intensity="A")]),
        ("12E", [ActionUnit(12, intensity="E")]),
        ("A12", [ActionUnit(12, intensity="A")]),
        ("B4", [ActionUnit(4, intensity="B")]),
        ("B18", [ActionUnit(18, side="B")]),  # the bottom lip
        ("T23", [ActionUnit(23, side="T")]),
        ("10A/B", [ActionUnit(10, intensity="A/B")]),
        ("A/L12", [ActionUnit(12, side="L", intensity="A")]),
        ("L/R12", [ActionUnit(12)]),
        ("AD38", [ActionUnit(38)]),
        ("M58", [ActionUnit(58)]),
        ("7?", [ActionUnit(7, uncertain=True)]),
        ("?7", [ActionUnit(7, uncertain=True)]),
        ("AU7(k)", [ActionUnit(7, held=True)]),
        ("7（K）", [ActionUnit(7, held=True)]),
        ("ref(7B)+43", [ActionUnit(7, intensity="B", held=True), ActionUnit(43)]),
        ("4 + 7", [ActionUnit(4), ActionUnit(7)]),
        ("4 7", [ActionUnit(4), ActionUnit(7)]),  # not 47
        ("4,7", [ActionUnit(4), ActionUnit(7)]),
        ("4，7", [ActionUnit(4), ActionUnit(7)]),
        ("4＋7", [ActionUnit(4), ActionUnit(7)]),
        ("4++7+", [ActionUnit(4), ActionUnit(7)]),
        ("12 or 15", [ActionUnit(12), ActionUnit(15, alternative=1)]),
        ("4+12 OR L15 or 17", [
            ActionUnit(4),
            ActionUnit(12),
            ActionUnit(15, side="L", alternative=1),
            ActionUnit(17, alternative=2),
        ]),
        ("(R6 or R12)+R15", [
            ActionUnit(6, side="R"),
            ActionUnit(12, side="R", alternative=1),
            ActionUnit(15, side="R"),
        ]),
        ("(1+2) or 4", [ActionUnit(1), ActionUnit(2), ActionUnit(4, alternative=1)]),
        ("", []),
        ("/", []),
        (" - ", []),
        ("0", []),  # a neutral face
        (None, []),
        (float("nan"), []),
    ],
)  # fmt: skip
def test_parse(text, expected):
    assert list(parse_aus(text)) == expected
    assert read_aus(text).unread == ()


@pytest.mark.parametrize(
    "text, present, unread",
    [
        ("smile", set(), ["smile"]),
        ("?", set(), ["?"]),
        ("12F", set(), ["12F"]),
        ("123", set(), ["123"]),
        ("12 or", {12}, ["or"]),
        ("smile or 12", {12}, ["smile", "or"]),
        ("4+x7", {4}, ["x7"]),
        ("12.5", set(), ["12.5"]),
        ("2_1", set(), ["2_1"]),
        ("-4", set(), ["-4"]),
        ("4-7+9", {9}, ["4-7"]),
        ("4²", set(), ["4²"]),
        ("2014-10-12 00:00:00", set(), ["2014-10-12 00:00:00"]),
        ("(4+7", {4, 7}, ["("]),
        ("4)+7", {4, 7}, [")"]),
        ("R14+17+soft focus", {14, 17}, ["soft focus"]),
        ("(" * 50 + "4", set(), ["(" * 50 + "4"]),
    ],
)
def test_what_is_not_read_is_named_and_the_rest_is_read(text, present, unread):
    assert units(text) == present
    assert list(read_aus(text).unread) == unread


# The cells of ../shared/cases/au_cells.txt, made up after official sheets, and what they mean.
CASES = {
    "A12": {12}, "T23": {23}, "B18": {18}, "10A/B": {10}, "A/L12": {12}, "ref(7B)+43": {43},
    "(R6 or R12)+R15": {6, 15}, "14 or 15": {14}, "R14+17+soft focus": {14, 17}, "AD38": {38},
    "M58": {58}, "4+L10B": {4, 10}, "1+2+R4C": {1, 2, 4}, "?": set(),
}  # fmt: skip


@pytest.mark.parametrize("cell", CASES)
def test_cells_of_official_sheets(cell):
    assert units(cell) == CASES[cell]
    assert list(read_aus(cell).unread) == {"?": ["?"], "R14+17+soft focus": ["soft focus"]}.get(
        cell, []
    )


def test_no_clip_is_lost():
    table = pd.DataFrame({"clip_id": list(map(str, range(len(CASES)))), "au": list(CASES)})
    found = action_units(table)
    assert [set(found.columns[row]) for row in found.to_numpy()] == list(CASES.values())


def test_units_merge_sides_and_drop_alternatives_and_held():
    assert units("L4+R4C+12 or 15+7(k)+2?") == {4, 12, 2}


def random_unit(draw: random.Random) -> tuple[str, ActionUnit]:
    """A unit as somebody may write it, and what is meant."""
    number = draw.randint(1, 99)
    side = draw.choice(["", "", "L", "R", "T", "U"])
    intensity = draw.choice(["", "", *"ACDE", "A/B"])
    uncertain, held = draw.random() < 0.15, draw.random() < 0.15
    before = intensity in ("A", "C", "D", "E") and draw.random() < 0.4
    side = "" if before and side == "U" else side  # AU is no letter pair
    letters = side
    if before:
        letters = draw.choice(["{i}{s}", "{i}/{s}"]).format(i=intensity, s=side)
        letters = letters if side else intensity
    text = draw.choice(["", "", "AU", "AD", "M", "AU "]) + letters + draw.choice(["", "", " "])
    text += str(number)
    if intensity and not before:
        text += draw.choice(["", " "]) + intensity
    if uncertain and held:
        text += draw.choice(["?(k)", "(k)?", "? (K)"])
    elif uncertain:
        text = draw.choice([text + "?", "?" + text, text + " (?)"])
    elif held:
        text = draw.choice([text + "(k)", f"ref({text})", f"ref {text}", text + "(ref)"])
    if draw.random() < 0.3:
        text = draw.choice([text.upper(), text.lower()])
    if draw.random() < 0.1:
        text = text.translate({**{ord(c): ord(c) + 0xFEE0 for c in "0123456789()?"}})
    return text, ActionUnit(number, side, intensity, uncertain, held)


def random_choice(draw: random.Random, depth: int = 0) -> tuple[str, list[ActionUnit], list[str]]:
    if depth < 2 and draw.random() < 0.15:
        text, found, unread = random_cell(draw, depth + 1)
        return draw.choice(["({})", "[{}]", "（{}）", "( {} )"]).format(text), found, unread
    text, unit = random_unit(draw)
    return text, [unit], []


def random_cell(draw: random.Random, depth: int = 0) -> tuple[str, list[ActionUnit], list[str]]:
    """A cell of the grammar: its text, the units that it means, the words between them."""
    text, found, unread, after = "", [], [], False
    for _ in range(draw.randint(1, 4)):
        word = after = draw.random() < 0.08 and not after
        if word:
            piece = draw.choice(["soft focus", "smile", "head-turn", "x7", "3_1"])
            mine, words = [], [piece]
        else:
            parts = [random_choice(draw, depth) for _ in range(draw.choice([1, 1, 1, 2, 3]))]
            # "12E/D7" says two things; nobody could tell which was meant.
            clear = not any(p[0][:1].upper() in tuple("ABCDE") for p in parts[1:])
            piece = draw.choice([" or ", " OR ", *["/", " / "] * clear]).join(p[0] for p in parts)
            filled = [p for p in parts if p[1]]
            mine = [
                ActionUnit(u.number, u.side, u.intensity, u.uncertain, u.held, u.alternative + k)
                for k, part in enumerate(filled) for u in part[1]
            ]  # fmt: skip
            words = [w for p in parts for w in p[2]]
            if len(filled) < len(parts):  # a bracket of words only: not of this grammar
                continue
        text += draw.choice(["+", " + ", ",", "，", "、", ";", " & ", "++"]) * bool(text) + piece
        found += mine
        unread += words
    return text, found, unread


def test_2000_random_cells_mean_what_was_meant():
    draw = random.Random(17)
    for _ in range(2000):
        text, found, unread = random_cell(draw)
        reading = read_aus(text)
        assert list(reading.units) == found, text
        assert list(reading.unread) == unread, text
        assert units(text) == {u.number for u in found if not u.held and not u.alternative}


def test_any_text_is_read_or_named():
    draw = random.Random(3)
    signs = "0123456789ABLRTUKkor/+,?()[] \t_.-xäé×，（"
    for _ in range(3000):
        text = "".join(draw.choice(signs) for _ in range(draw.randint(0, 12)))
        reading = read_aus(text)
        digits = "".join(c for c in text if c.isdigit())
        kept = "".join(str(u.number) for u in reading.units)
        lost = "".join(c for piece in reading.unread for c in piece if c.isdigit())
        # No digit disappears, but for the code of a neutral face and padding.
        assert sorted((kept + lost).replace("0", "")) == sorted(digits.replace("0", "")), text


def test_the_cases_are_those_of_the_shared_folder():
    made = Path("../shared/cases/make_cases.py")
    if made.is_file():
        assert all(cell.replace("\n", "\\n") in made.read_text() for cell in CASES)
