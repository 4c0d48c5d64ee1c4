"""The extractor passes mebench's own checks."""

from mebench_example.method import LastMinusFirst

from mebench.testing import check_extractor


def test_it_is_an_extractor():
    check_extractor(LastMinusFirst())
