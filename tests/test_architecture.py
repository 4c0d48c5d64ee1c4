"""The house keeps its order: imports point one way, and nothing heavy loads at the door."""

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import mebench

PACKAGE = Path(mebench.__file__).parent

#: Leftmost first: a room may import from rooms to its left, never to its right.
ORDER = [
    *("errors", "array_sizes", "renamed", "paths", "spelling", "plugins", "tables"),
    *("exact_numbers", "timing"),
    *("lazy", "arrays", "blas", "parallel", "compiling", "eights"),
    *(
        "images",
        "video_decoding",
        "videos",
        "clip",
        "storage",
        "base",
        "scoring",
        "synthetic",
        "datasets",
        "flow",
    ),
    *("preprocessing", "features", "svm", "deep", "methods", "explanation", "evaluation"),
    *("spotting", "results", "testing", "experiments", "recipes", "models", "bundles"),
    *("leaderboard", "scaffold", "annotation", "cli", "__main__"),
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
    assert rooms - {"__init__"} == set(ORDER)


def test_a_missing_room_fails_loudly(monkeypatch):
    from mebench.models import allowed_types
    from mebench.storage import checkpoint

    assert set(checkpoint._ROOMS) < set(ORDER)
    monkeypatch.setattr(checkpoint, "_ROOMS", (*checkpoint._ROOMS, "gone"))
    with pytest.raises(RuntimeError, match="gone"):
        checkpoint._code.__wrapped__()
    monkeypatch.setattr(allowed_types, "_ROOMS", (*allowed_types._ROOMS, "gone"))
    with pytest.raises(ModuleNotFoundError, match="gone"):
        allowed_types.trusted_types.__wrapped__()


def modules():
    """Every module and what it imports, wherever in the file: names of modules."""
    names = {}
    for file in PACKAGE.rglob("*.py"):
        parts = ("mebench", *file.relative_to(PACKAGE).with_suffix("").parts)
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    out = {}
    for name, file in names.items():
        package = name if file.name == "__init__.py" else name.rpartition(".")[0]
        found = set()
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names if alias.name in names}
            if not isinstance(node, ast.ImportFrom):
                continue
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                for one in (f"{base}.{alias.name}", base):
                    if one in names:
                        found.add(one)
                        break
        out[name] = found - {name}
    return out


def test_there_is_no_import_circle():
    """By taking away, again and again, what imports nothing that is left."""
    left = modules()
    while free := [name for name, needs in left.items() if not needs & set(left)]:
        for name in free:
            del left[name]
    circles = {name: sorted(needs & set(left)) for name, needs in left.items()}
    assert not circles


def test_no_function_hides_a_module_of_its_name():
    hidden = []
    for file in PACKAGE.rglob("__init__.py"):
        package = importlib.import_module(
            ".".join(("mebench", *file.parent.relative_to(PACKAGE).parts))
        )
        for one in file.parent.iterdir():
            found = getattr(package, one.stem, None)
            if one.suffix != ".py" or one.stem == "__init__" or inspect.ismodule(found):
                continue
            if found is not None:
                hidden.append(f"{package.__name__}.{one.stem}")
    assert not hidden


def _is_kernel(node):
    """Whether it is compiled: by numba, or as the loops of the SVM are."""
    found = {ast.unparse(d) for d in node.decorator_list}
    return "njit" in str(found) or bool(found & {"exact", "fast", "inner"})


def test_functions_are_short():
    """80 lines of code at the most, but for kernels and the declarations of typer's options."""
    long = {}
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.FunctionDef) or _is_kernel(node):
                continue
            if file.parent.name == "cli" and "typer.Option" in ast.unparse(node.args):
                continue
            doc = node.body[0] if ast.get_docstring(node) is not None else None
            lines = node.end_lineno - node.lineno + 1
            lines -= 0 if doc is None else doc.end_lineno - doc.lineno + 1
            if lines > 80:
                long[f"{file.relative_to(PACKAGE)}: {node.name}"] = lines
    assert not long


def test_public_names_are_listed():
    """A module has an ``__all__`` with all that others import from it, or a name with a mark."""
    wanted = {}
    for file in PACKAGE.rglob("*.py"):
        tree = ast.parse(file.read_text())
        public = [n for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
        named = any(isinstance(n, ast.Assign) and n.targets[0].id == "__all__"
                    for n in tree.body if isinstance(n, ast.Assign)
                    and isinstance(n.targets[0], ast.Name))  # fmt: skip
        if any(not n.name.startswith("_") for n in public) and not named:
            wanted[str(file.relative_to(PACKAGE))] = [n.name for n in public]
    assert not wanted


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
