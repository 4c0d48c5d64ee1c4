import io

import numpy as np
import pandas as pd

from mebench.exact_numbers import as_numbers, as_written


def test_numbers_come_back_to_the_last_bit():
    x = np.random.default_rng(0).normal(size=5000)
    text = pd.DataFrame({"x": x}).to_csv(index=False)
    assert np.array_equal(pd.read_csv(io.StringIO(text), **as_written())["x"], x)
    cells = pd.Series(text.split()[1:], dtype=object)
    assert np.array_equal(as_numbers(cells), x)
    odd = as_numbers(pd.Series(["inf", "-1e-3", "", "1_0", "7 "], dtype=object))
    assert odd[:2].tolist() == [np.inf, -0.001] and odd[2:4].isna().all() and odd[4] == 7
    assert as_numbers(pd.Series([0.1, 2.0])).tolist() == [0.1, 2.0]
