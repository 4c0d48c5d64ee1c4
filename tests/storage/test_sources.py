"""Work is resumed only where none of the code that made it has changed."""

import subprocess
import sys
from pathlib import Path

import pytest

MINE = """
from functools import partial
import numpy as np
from sklearn.preprocessing import FunctionTransformer
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from base import Base

class Mine(Base):
    def fit(self, X, y):
        return self
    def transform(self, X):
        from pack.late import scale   # imported where it is used
        return X * scale

def twice(X, factor=2):
    return X * factor

threefold = FunctionTransformer(partial(twice, factor=3))
method = make_pipeline(Mine(), threefold, KNeighborsClassifier())
"""
FILES = {
    "mine.py": MINE,
    "base.py": "from sklearn.base import BaseEstimator, TransformerMixin\nimport helper\n"
    "class Base(TransformerMixin, BaseEstimator):\n    pass\n",
    "helper.py": "value = 1\n",
    "pack/__init__.py": "",
    "pack/late.py": "from .deeper import scale\n",
    "pack/deeper.py": "scale = 2\n",
    "other.py": "unused = 1\n",
}
LOOK = "import mine; from mebench.storage import fingerprint; print(fingerprint(p=mine.method))"


def look(folder: Path, code: str = LOOK) -> str:
    found = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_every_file_that_a_step_comes_from_counts_and_no_other(folder):
    before = look(folder)
    assert look(folder) == before, "the same in every process"
    for name in FILES:
        text = (folder / name).read_text()
        (folder / name).write_text(text + "# changed\n")
        assert (look(folder) == before) == (name == "other.py"), name
        (folder / name).write_text(text)
    assert look(folder) == before


def test_code_in_no_file_is_not_known_again(folder):
    code = (
        "from sklearn.base import BaseEstimator\n"
        "class Typed(BaseEstimator): pass\n"
        "from mebench.storage.sources import CannotFollow, source_files\n"
        "try: print(source_files(Typed()))\n"
        "except CannotFollow as error: print(error)\n"
    )
    assert look(folder, code) == "__main__ is in no file"


def test_installed_code_is_known_by_its_version():
    from sklearn.svm import SVC

    from mebench.storage.sources import source_files
    from mebench.svm import PolySVC

    assert source_files([SVC(), PolySVC()]) == []
