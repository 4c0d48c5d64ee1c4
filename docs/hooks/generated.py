"""MkDocs hook: pages written from the program itself, and files from outside docs/.

- ``reference/commands.md`` from the parser of the command line;
- ``reference/published.md`` from the published results that come with the package;
- the changelog and the guide to contributing, which lie at the top of the repository;
- ``examples/``, which pages link to as ``../examples/``, as it is in the repository.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

REPOSITORY = Path(__file__).parents[2]


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the generated pages."""
    pages = {
        "reference/commands.md": commands(),
        "reference/published.md": published(),
        "reference/changelog.md": _from_top("CHANGELOG.md"),
        "extend/contributing.md": _from_top("CONTRIBUTING.md"),
    }
    for uri, text in pages.items():
        files.append(File.generated(config, uri, content=text))
    for path in sorted((REPOSITORY / "examples").rglob("*")):
        uri = path.relative_to(REPOSITORY).as_posix()
        if path.is_file() and "__pycache__" not in uri and path.suffix != ".md":
            files.append(File.generated(config, uri, content=path.read_bytes()))


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:
    """Links of docs/*.md to ../examples lead to the copies in the site."""
    if "/" not in page.file.src_uri:
        markdown = markdown.replace("](../examples/", "](examples/")
    return markdown


_ROLE = re.compile(r":(?:func|class|data|mod|meth|attr|exc):<code>(~?)([^<]+)</code>")


_SEE_ALSO = re.compile(r'<details class="see-also" open>\s*<summary>[^<]*</summary>(.*?)</details>',
                       re.DOTALL)  # fmt: skip


def on_page_content(html: str, **_: Any) -> str:
    """Docstrings in HTML: names without Sphinx's roles, and See Also as links.

    Docstrings mark names as Sphinx does; a page shows the names alone, the last part after ~.
    """
    html = _SEE_ALSO.sub(lambda m: _linked(m[1]), html)
    return _ROLE.sub(lambda m: f"<code>{m[2].rpartition('.')[2] if m[1] else m[2]}</code>", html)


def _linked(section: str) -> str:
    """Lines `name : what` of a See Also section as a list, each name a link to its entry."""
    lines = re.sub(r"</?p>", "", section).strip()
    items = re.split(r"^(?=[\w.]+ : )", lines, flags=re.MULTILINE)
    entries = []
    for item in filter(None, items):
        name, _, what = item.partition(" : ")
        here = _entries().get(name, name)
        shown = f"<code>{name.rpartition('.')[2]}</code>"
        entries.append(f'<li><autoref identifier="{here}" optional>{shown}</autoref>: {what}</li>')
    return f'<p class="see-also"><strong>See also</strong></p><ul>{"".join(entries)}</ul>'


@lru_cache
def _entries() -> dict[str, str]:
    """The entry in the reference of each public name; of several, the first."""
    found: dict[str, str] = {}
    for page in sorted((REPOSITORY / "docs" / "api").glob("*.md")):
        for package in re.findall(r"^::: ([\w.]+)$", page.read_text("utf-8"), re.MULTILINE):
            for name in getattr(importlib.import_module(package), "__all__", ()):
                found.setdefault(name, f"{package}.{name}")
    return found


def _from_top(name: str) -> str:
    """A file of the repository's top, with its links as seen from a folder of the site."""
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    text = re.sub(r"\]\(docs/", "](../", text)
    return re.sub(r"\]\((examples/|tests/|mebench/)[^)]*\)", "]", text)


# The command line ---------------------------------------------------------------------------


def commands() -> str:
    """The reference of all commands."""
    import typer

    from mebench.cli import app

    program = typer.main.get_command(app)
    parts = [
        "# Command line",
        "Written from the program when this site was built; `mebench COMMAND --help` says the "
        "same. `mebench` and `python -m mebench` are one program.",
        _table(
            ("command", "what it does"),
            [(f"[`{name}`](#{name.replace(' ', '-')})", _short(c)) for name, c in walk(program)],
        ),
        "## Options of the program",
        "`mebench [OPTIONS] COMMAND [ARGS]`",
        _options(program.params),
        "Exit status, `--quiet`, colours, completion and paths have [a page](../program.md).",
    ]
    for name, command in walk(program):
        usage = " ".join(_metavar(p) for p in _positional(command))
        parts += [
            f"## {name} {{ #{name.replace(' ', '-')} }}",
            f"`mebench {name} [OPTIONS] {usage}`".replace(" `", "`"),
            inspect.cleandoc(command.help or ""),
        ]
        arguments = [(f"`{_metavar(p)}`", _cell(getattr(p, "help", "") or ""))
                     for p in _positional(command)]  # fmt: skip
        if arguments:
            parts.append(_table(("argument", "what"), arguments))
        parts.append(_options(command.params))
    return "\n\n".join(p for p in parts if p) + "\n"


def walk(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """All commands that do something, with their names."""
    for key, child in command.commands.items():
        full = f"{name} {key}".strip()
        if hasattr(child, "commands"):
            yield from walk(child, full)
        elif not child.hidden:
            yield full, child


def _positional(command: Any) -> list[Any]:
    return [p for p in command.params if p.param_type_name == "argument"]


def _metavar(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    name += "…" if parameter.nargs == -1 else ""
    return name if parameter.required else f"[{name}]"


def _short(command: Any) -> str:
    return _cell(inspect.cleandoc(command.help or "").split("\n\n")[0])


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").replace("<", "&lt;").strip()


def _options(parameters: list[Any]) -> str:
    rows = []
    for p in parameters:
        if p.param_type_name != "option" or getattr(p, "hidden", False):
            continue
        names = ", ".join(f"`{o}`" for o in [*p.opts, *p.secondary_opts])
        default = p.default
        if callable(default) or default in (None, (), [], False, True, ""):
            default = ""
        rows.append((names, _cell(p.help or ""), f"`{default}`" if default != "" else ""))
    return _table(("option", "what", "default"), rows) if rows else ""


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


# Published results --------------------------------------------------------------------------


def published() -> str:
    """All published results that come with the package, by database."""
    from mebench.results.published import FLAGS, SCORES
    from mebench.results.published import published as find

    rows = find()
    parts = [
        "# Published results",
        f"{len(rows)} rows, written from the table that comes with the package (`mebench "
        "published`, `mebench.results.published`). Every number was seen in the source that is "
        "named. How to read them: [audit of the literature](../literature.md).",
        _table(("flag", "meaning"), [(f"**{k}**", v) for k, v in FLAGS.items()]),
        "No flag does not mean clean: most papers do not say how they chose parameters.",
    ]
    for database, block in rows.groupby("database", sort=False):
        shown = [s for s in SCORES if block[s].notna().any()]
        sources = {s: i for i, s in enumerate(dict.fromkeys(block["source"]), 1)}
        notes = {n: i for i, n in enumerate(dict.fromkeys(n for n in block["note"] if n), 1)}
        body = [
            (
                _cell(str(r["part"])), _cell(str(r["labels"])), _cell(str(r["protocol"])),
                _cell(str(r["method"])), *("" if r[s] != r[s] else f"{r[s]:.4f}" for s in shown),
                _cell(str(r["flags"])), f"[{sources[r['source']]}]",
                f"({notes[r['note']]})" if r["note"] else "",
            )
            for r in block.to_dict("records")
        ]  # fmt: skip
        header = ("part", "labels", "protocol", "method", *shown, "flags", "source", "note")
        parts += [f"## {database}", _table(tuple(h.replace("_", " ") for h in header), body)]
        parts += ["\n".join(f"- ({i}) {_prose(n)}" for n, i in notes.items())]
        parts += ["\n".join(f"- [{i}] {_prose(s)}" for s, i in sources.items())]
    return "\n\n".join(p for p in parts if p) + "\n"


def _prose(text: str) -> str:
    return re.sub(r"([*_<\[\]$])", r"\\\1", text)
