"""The house keeps its order: imports point one way, and nothing heavy loads at the door."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import mebench

PACKAGE = Path(mebench.__file__).parent

#: Leftmost first: a room may import from rooms to its left, never to its right.
ORDER = [
    *("errors", "paths", "tables", "parallel", "images", "clip", "storage", "base", "scoring"),
    *("synthetic", "datasets", "flow", "preprocessing", "features", "svm", "deep", "methods"),
    *("explanation", "evaluation", "spotting", "results", "testing", "experiments", "recipes"),
    *("models", "annotation", "cli", "__main__"),
]


def imported_rooms(file):
    """Rooms of mebench that a file imports, at any depth of nesting."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    here = parts[:-1]
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom):
            if node.level:
                base = here[: len(here) - (node.level - 1)]
                full = [*base, *(node.module.split(".") if node.module else [])]
            elif node.module and node.module.split(".")[0] == "mebench":
                full = node.module.split(".")[1:]
            else:
                continue
            yield from [full[0]] if full else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "mebench" and "." in alias.name:
                    yield alias.name.split(".")[1]


@pytest.mark.parametrize(
    "file", sorted(PACKAGE.rglob("*.py")), ids=lambda f: str(f.relative_to(PACKAGE))
)
def test_imports_point_left(file):
    room = file.relative_to(PACKAGE).with_suffix("").parts[0]
    if room == "__init__":
        return
    for other in imported_rooms(file):
        if other != room and other in ORDER:
            assert ORDER.index(other) < ORDER.index(room), f"{room} imports {other}"


def test_every_room_has_its_place():
    rooms = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert rooms - {"__init__"} <= set(ORDER)


@pytest.mark.parametrize(
    "code", ["import mebench", "import mebench.cli", "import mebench.datasets"]
)
def test_nothing_heavy_loads_at_the_door(code):
    heavy = {"numpy", "pandas", "scipy", "sklearn", "numba", "cv2", "dlib", "matplotlib"}
    look = f"{code}; import sys; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_public_names_are_there():
    for name in mebench.__all__:
        assert getattr(mebench, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        mebench.nothing  # noqa: B018


def test_files_are_one_idea_long():
    long = {
        str(f): n for f in PACKAGE.rglob("*.py") if (n := len(f.read_text().splitlines())) > 520
    }
    assert not long


def test_no_kernel_may_add_in_any_order():
    """With all of fastmath, freshly compiled and cached code give different last digits."""
    assert [str(f) for f in PACKAGE.rglob("*.py") if "fastmath=True" in f.read_text()] == []
