"""MkDocs hook: run the examples, and show what they print and draw beside their code.

Every ``docs/gallery/*.py`` and ``docs/extend/*.py`` is a plain program: its docstring is the text
of the page (the first line its title), what it prints is the output, what it saves as PNG or SVG
in the working directory are its pictures. Each runs once per build, in a folder of its own; one
that fails or takes too long ends the build.

In the navigation a name that ends in ``/`` stands for all pages of that folder.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File, Files

FOLDERS = ("gallery", "extend")
# The gallery begins with these; whatever else lies there follows by name.
ORDER = (
    *("flow", "lbp_top_by_hand", "mdmo_alignment", "new_descriptor"),
    *("nested_or_oracle", "loso_or_lovo", "cross_database", "action_units", "explanations"),
    *("score_and_compare", "audit", "spotting", "network_and_svm", "your_own_clips"),
    *("method", "database", "protocol"),
)
LIMIT = 300  # seconds on the clock; an example should take less than 30 on an idle machine
REPOSITORY = Path(__file__).parents[2]
log = get_plugin_logger("gallery")

_done: dict[str, Example] = {}  # by source, so that `mkdocs serve` runs only what changed


class Example(NamedTuple):
    """One program and what came of it."""

    title: str
    text: str
    code: str
    output: str
    pictures: dict[str, bytes]


def on_config(config: MkDocsConfig) -> None:
    """Put the pages of a folder where the navigation names it."""
    if config.nav:
        config.nav = [_unfolded(item, Path(config.docs_dir)) for item in config.nav]


def _unfolded(item: Any, docs: Path) -> Any:
    if not isinstance(item, dict):
        return item
    ((title, value),) = item.items()
    if isinstance(value, list):
        return {title: [_unfolded(v, docs) for v in value]}
    if not value.endswith("/"):
        return item
    pages = {p.stem for s in ("*.md", "*.py") for p in (docs / value).glob(s)} - {"index"}
    pages = sorted(pages, key=_place)
    return {title: [f"{value}{name}.md" for name in ("index", *pages)]}


def _place(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Run all examples and add a page for each, and the front page of the gallery."""
    for folder in FOLDERS:
        shown = {}
        for path in sorted((Path(config.docs_dir) / folder).glob("*.py")):
            source = path.read_text(encoding="utf-8")
            if source not in _done:
                _done[source] = run(path, source)
            example = shown[path.stem] = _done[source]
            _add(files, config, f"{folder}/{path.stem}.md", _page(path, example))
            for name, data in example.pictures.items():
                _add(files, config, f"{folder}/{path.stem}-{name}", data)
        if folder == "gallery":
            _add(files, config, "gallery/index.md", _front(shown))


def _add(files: Files, config: MkDocsConfig, uri: str, content: str | bytes) -> None:
    files.append(File.generated(config, uri, content=content))


def run(path: Path, source: str) -> Example:
    """Run one example as its reader would, and collect what it leaves."""
    tree = ast.parse(source)
    words = ast.get_docstring(tree)
    if not words:
        raise PluginError(f"{path} has no docstring; its first line is the title of the page.")
    title, _, text = words.partition("\n")
    code = (
        "\n".join(source.splitlines()[tree.body[0].end_lineno :])
        .strip("\n")
        .replace("  # fmt: skip", "")
    )
    environment = {
        **os.environ,
        "MPLBACKEND": "Agg",
        "PYTHONPATH": os.pathsep.join(
            filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH", "")])
        ),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "NO_COLOR": "1",
        "COLUMNS": "90",
    }
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="gallery-") as folder:
        try:
            found = subprocess.run(
                [sys.executable, str(path.resolve())],
                cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8",
                timeout=LIMIT,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise PluginError(f"{path} took longer than {LIMIT} s.") from None
        if found.returncode:
            raise PluginError(f"{path} failed:\n{found.stderr[-4000:]}")
        pictures = {
            p.name: p.read_bytes()
            for p in sorted(Path(folder).iterdir())
            if p.suffix in {".png", ".svg"}
        }
    log.info(f"{path.name} took {time.perf_counter() - began:.1f} s")
    return Example(title.rstrip("."), text.strip(), code, found.stdout.rstrip(), pictures)


def _page(path: Path, example: Example) -> str:
    parts = [f"# {example.title}", example.text]
    parts += [f"![{example.title}]({path.stem}-{name})" for name in example.pictures]
    parts += [f"```python\n{example.code}\n```"]
    if example.output:
        parts += ["It prints", f"```text\n{example.output}\n```"]
    parts += [f"[{path.name}]({path.name}){{ download }} ran when this page was built."]
    return "\n\n".join(parts) + "\n"


def _front(shown: dict[str, Example]) -> str:
    parts = [
        "# Gallery",
        "Programs of a page each, all on the built-in corpus, run when this site was built. "
        "Scores on made-up faces say that a program runs, and nothing about people.",
        '<div class="gallery" markdown>',
    ]
    for name, example in sorted(shown.items(), key=lambda item: _place(item[0])):
        first = next(iter(example.pictures), None)
        picture = f"[![]({name}-{first})]({name}.md)\n\n" if first else ""
        parts.append(f"<div markdown>\n\n{picture}[{example.title}]({name}.md)\n\n</div>")
    return "\n\n".join([*parts, "</div>"]) + "\n"
