import subprocess
import sys

import pytest

from mebench.datasets import card, label_sets, load, names
from mebench.datasets.registry import database
from mebench.errors import BadInput


def test_names():
    assert {"casme2", "synthetic"} <= set(names())
    assert all(database(n).card.name == n for n in names())


def test_case_does_not_matter():
    assert card("CASME2") is card("casme2")


def test_unknown_name_lists_the_known_and_the_nearest():
    with pytest.raises(BadInput, match=r"'sammy'.*casme2, casme3a.*Did you mean 'samm'"):
        load("sammy")
    with pytest.raises(BadInput) as error:
        label_sets("qqqqq")
    assert "Did you mean" not in str(error.value)


def test_unknown_label_set_lists_those_of_the_database():
    with pytest.raises(BadInput, match=r"CASME II has no label set '7class'.*5class, 3class, all"):
        database("casme2").label_set("7class")


def test_names_and_cards_need_no_pandas():
    code = (
        "import sys, mebench.datasets as d; d.names(); d.card('casme2'); d.label_sets('synthetic');"
        "print([m for m in ('pandas', 'cv2', 'openpyxl', 'numba') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_late_names():
    import mebench.datasets as datasets
    from mebench.datasets.samples import COLUMNS, Samples

    assert datasets.Samples is Samples and datasets.COLUMNS is COLUMNS
    with pytest.raises(AttributeError, match="nonsense"):
        _ = datasets.nonsense


def test_other_ways_to_write_a_name():
    assert card("CAS(ME)2") is card("casme-sq") is card("cas(me)^2")
    assert card("cas(me)^3") is card("casme3a") and card("smic") is card("smic-hs")
    assert card("CASMEII") is card("casme2")
    assert card("casme2").title == "CASME II" and card("casme-sq").title == "CAS(ME)²"
