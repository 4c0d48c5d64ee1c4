"""Messages that a person can read, whatever the file at fault holds."""

import pickle

import pytest

from mebench import datasets
from mebench.errors import BadInput, DataNotFound


def test_a_message_stays_as_it_is():
    message = "a.csv: the column 'x' is absent. Found: " + ", ".join(
        f"column {i}" for i in range(99)
    )
    assert str(BadInput(message)) == message
    assert str(DataNotFound("/" + "a" * 255)) == "/" + "a" * 255
    assert str(pickle.loads(pickle.dumps(BadInput("x")))) == "x"


def test_a_long_word_is_cut_in_its_middle():
    message = str(BadInput(f"found {'x' * 300_000}y. A manifest needs a subject."))
    assert len(message) < 1_200 and "[… 299002 characters …]" in message
    assert message.startswith("found xxx") and message.endswith("xy. A manifest needs a subject.")


def test_many_words_are_cut_in_the_middle_of_all():
    message = str(BadInput(f"found {'x, ' * 300_000}. A manifest needs a subject."))
    assert len(message) < 8_100 and message.endswith("A manifest needs a subject.")


def test_a_heading_of_a_whole_book(tmp_path):
    (tmp_path / "mine.csv").write_text("clip_id," + "x" * 130_000 + ",y\n1,2,3\n")
    with pytest.raises(BadInput, match="A manifest needs") as caught:
        datasets.load(str(tmp_path / "mine.csv"))
    assert len(str(caught.value)) < 2_000
