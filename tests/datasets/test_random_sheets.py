"""2,000 random sheets: exactly what was written comes back, or an error that says what is wrong."""

import random
import shutil

import pandas as pd
import pytest

from mebench.datasets.reading import read_annotations
from mebench.datasets.registry import database
from mebench.errors import BadInput

from .random_sheets import write_case

FACTS = ["subject", "clip", "onset", "apex", "offset", "emotion", "au", "apex_source"]


def read(case):
    found = read_annotations(database(case.name), case.path.parent)
    table = found.table.astype(object).where(found.table.notna(), None)
    return found, table[FACTS].to_dict("records"), list(table["objective_class"])


@pytest.mark.parametrize("part", range(4))
def test_500_sheets(part, tmp_path):
    kinds, read_back, refused = set(), 0, 0
    for number in range(500):
        seed = 500 * part + number
        folder = tmp_path / str(number)
        folder.mkdir()
        case = write_case(random.Random(seed), folder)
        kinds.add(case.path.suffix)
        where = f"seed {seed}: {case.name}, {case.path.name}"
        if case.error:
            with pytest.raises(BadInput, match=case.error):
                read(case)
            refused += 1
        else:
            found, rows, classes = read(case)
            expected = [{k: row[k] for k in FACTS} for row in case.expected]
            assert rows == expected, where
            for row, objective in zip(case.expected, classes, strict=True):
                assert row["class"] in (None, objective), where
            places = [int(place.split("row ")[1]) for place in found.rows.values()]
            assert places == case.places, where
            assert pd.api.types.is_integer_dtype(found.table["onset"])
            read_back += 1
        shutil.rmtree(folder)
    assert kinds == {".xls", ".xlsx", ".ods", ".csv", ".tsv"}
    assert read_back > 380 and refused > 50
