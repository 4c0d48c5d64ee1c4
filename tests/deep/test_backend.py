"""Without Keras everything else works, and what does not says what to install."""

import ast
import subprocess
import sys
from pathlib import Path

import mebench

PACKAGE = Path(mebench.__file__).parent

BLOCKED = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("keras", "tensorflow"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Block())
"""


def run(code):
    return subprocess.run(
        [sys.executable, "-c", BLOCKED + code], capture_output=True, text=True, check=False
    )


def test_only_this_room_imports_keras():
    for file in PACKAGE.rglob("*.py"):
        if file.is_relative_to(PACKAGE / "deep"):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else (
                [node.module or ""] if isinstance(node, ast.ImportFrom) else [])  # fmt: skip
            assert not any(n.split(".")[0] in ("keras", "tensorflow") for n in names), file


def test_all_modules_and_lists_load_without_it():
    found = run(
        """
import importlib, pkgutil, mebench
for module in pkgutil.walk_packages(mebench.__path__, "mebench."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
from typer.testing import CliRunner
from mebench.cli import app
for words in (["--help"], ["list", "methods"]):
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
print("cnn-svm" in result.output, "keras" in sys.modules, "tensorflow" in sys.modules)
"""
    )
    assert found.stdout.split() == ["True", "False", "False"], found.stderr


def test_the_error_names_the_command():
    found = run(
        """
import numpy as np
from mebench.deep import CNNFeatures, BackendMissing
from mebench.errors import MebenchError
try:
    CNNFeatures().fit(np.zeros((4, 28, 28, 3)), list("abab"), groups=[1, 1, 2, 2])
except BackendMissing as error:
    print(isinstance(error, MebenchError), error)
"""
    )
    assert found.stdout.startswith("True"), found.stderr
    assert "pip install 'mebench[keras]'" in found.stdout
