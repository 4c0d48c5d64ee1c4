import pytest
from hypothesis import given
from hypothesis import strategies as st

from mebench.datasets.au import ActionUnit, parse_aus, units
from mebench.errors import BadInput


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
        ("7?", [ActionUnit(7, uncertain=True)]),
        ("?7", [ActionUnit(7, uncertain=True)]),
        ("AU7(k)", [ActionUnit(7, held=True)]),
        ("7（K）", [ActionUnit(7, held=True)]),
        ("4 + 7", [ActionUnit(4), ActionUnit(7)]),
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
        ("", []),
        ("/", []),
        (" - ", []),
        (None, []),
        (float("nan"), []),
    ],
)  # fmt: skip
def test_parse(text, expected):
    assert list(parse_aus(text)) == expected


@pytest.mark.parametrize(
    "text", ["smile", "12F", "LR12", "123", "12 or", "4+x", "12.5", "-4", "A12"]
)
def test_what_is_no_action_unit(text):
    with pytest.raises(BadInput, match="is not an action unit"):
        parse_aus(text)


def test_the_message_names_token_and_cell():
    with pytest.raises(BadInput, match=r"'X7' in the action units '4\+x7'"):
        parse_aus("4+x7")


def test_units_merge_sides_and_drop_alternatives_and_held():
    assert units("L4+R4C+12 or 15+7(k)+2?") == {4, 12, 2}


UNIT = st.builds(
    ActionUnit,
    number=st.integers(1, 99),
    side=st.sampled_from(["", "L", "R"]),
    intensity=st.sampled_from(["", *"ABCDE"]),
    uncertain=st.booleans(),
    held=st.booleans(),
)


@given(st.lists(UNIT, max_size=6), st.sampled_from(["+", " + ", ",", "，"]))
def test_written_and_read_back(coded, separator):
    text = separator.join(
        f"{u.side}{u.number}{u.intensity}{'?' * u.uncertain}{'(k)' * u.held}" for u in coded
    )
    assert list(parse_aus(text)) == coded
    assert units(text) == {u.number for u in coded if not u.held}
