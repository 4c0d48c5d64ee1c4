"""Every command line that README.md and docs/ print is one that the program knows."""

import glob
import re
import shlex
import shutil
from pathlib import Path

import pytest
import typer

from mebench import synthetic
from mebench.cli import app

TOP = Path(__file__).parents[1]
PAGES = [TOP / "README.md", *sorted((TOP / "docs").rglob("*.md"))]
PROGRAM = typer.main.get_command(app)
FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", flags=re.DOTALL | re.MULTILINE)
START = re.compile(r"(?:\w+=\S+ +)*(?:\S*python3? -m )?mebench(?= )")


def fenced(text):
    """Whole command lines in blocks of code other than Python's."""
    for _, language, block in FENCE.findall(text):
        if language in {"python", "toml", "yaml", "json"}:
            continue
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            line = re.sub(r" #.*", "", line.strip().removeprefix("$ "))
            for part in re.split(r" (?:&&|;|\|) ", line):
                if START.match(part):
                    yield START.sub("mebench", part, count=1).strip()


def mentioned(text):
    """Commands between backticks in a sentence, which may leave out what they need."""
    for found in re.findall(r"(?<!`)`((?:python -m )?mebench [^`]+)`", FENCE.sub("", text)):
        yield " ".join(found.removeprefix("python -m ").split())


def named(lines):
    found = {}
    for page in PAGES:
        for line in lines(page.read_text(encoding="utf-8")):
            found.setdefault(line, page.relative_to(TOP).as_posix())
    return [pytest.param(line, id=f"{page}: {line}") for line, page in found.items()]


def rest(context):
    """What a group leaves to its commands; the name of the first part depends on click."""
    first = getattr(context, "_protected_args", None)
    return [*(context.protected_args if first is None else first), *context.args]


def parse(words):
    """What the program would be called with; click's own error where it cannot be."""
    context = PROGRAM.make_context("mebench", list(words))
    group, left = PROGRAM, rest(context)
    while True:
        name, command, left = group.resolve_command(context, left)
        context = command.make_context(name, left, parent=context)
        if not hasattr(command, "commands"):
            return command, context.params
        group, left = command, rest(context)


WHOLE = named(fenced)
INLINE = named(mentioned)


def test_the_pages_were_found():
    assert len(WHOLE) > 60 and len(INLINE) > 15
    assert list(fenced("```sh\nA=1 python -m mebench run x \\\n  --seed 1  # why\n```\n")) == [
        "mebench run x --seed 1"
    ]
    with pytest.raises(Exception, match="No such option"):
        parse(["run", "--no-such-option"])
    with pytest.raises(Exception, match="No such command"):
        parse(["data", "no-such-command"])


@pytest.mark.parametrize("line", WHOLE)
def test_a_printed_command_line_parses(line):
    assert "--install-completion" not in line, "parsing it writes into the user's start-up files"
    parse(shlex.split(line)[1:])


@pytest.mark.parametrize("line", INLINE)
def test_a_mentioned_command_exists(line):
    words = re.split(r"[ |]", line)[1:]
    command = PROGRAM
    while words and hasattr(command, "commands") and re.match(r"[a-z]", words[0]):
        assert words[0] in command.commands, f"no command {words[0]!r}"
        command = command.commands[words.pop(0)]
    known = {"--help", "-h"}.union(*(p.opts + p.secondary_opts for p in command.params))
    if hasattr(command, "commands") and words and words[0].isupper():
        return  # a placeholder for any command
    options = {w.split("=")[0].rstrip(",.;:") for w in words if re.match(r"--?[a-z]", w)}
    assert options <= known, f"{sorted(options - known)} unknown"


# What is cheap runs, on a small corpus made as the built-in one is ---------------------------

CHEAP = re.compile(
    r"mebench (list|published|cache info|new method|data info|audit --(counts|spotting)"
    r"|run --dataset synthetic --method (mdmo|bi-woof)( |$)"
    r"|(compare|report|table) runs/(\*|synthetic-\*))"
)


def cheap():
    """Those that need nothing else first; runs before what reads their folders."""
    lines = [p.values[0] for p in WHOLE]
    lines = [x for x in lines if CHEAP.match(x) and "casme2-" not in x and "--backend" not in x]
    return sorted(lines, key=lambda x: not x.startswith("mebench run"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A working folder in which ``--dataset synthetic`` is eight clips of three people."""
    here = tmp_path_factory.mktemp("docs")
    corpus = synthetic.write_corpus("casme2", here / "corpus", subjects=3, clips=8, scale=0.6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synthetic, "default_corpus", lambda *_, **__: corpus)
        patch.setenv("NO_COLOR", "1")
        patch.chdir(here)
        yield here


def test_cheap_lines_run(folder, capsys):
    lines = cheap()
    assert sum(line.startswith("mebench run") for line in lines) >= 2
    for line in lines:
        words = [w for x in shlex.split(line)[1:] for w in (sorted(glob.glob(x)) or [x])]
        if any("*" in word for word in words):
            continue  # runs that nothing before it made
        for path in set(folder.iterdir()) - {folder / "corpus", folder / "runs"}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()  # nothing is overwritten
        try:
            status = app(words, prog_name="mebench", standalone_mode=False)
        except SystemExit as stop:
            status = stop.code
        said = capsys.readouterr()
        assert not status, f"{line}\n{said.out}\n{said.err}"
        assert said.out.strip() or said.err.strip(), f"{line} says nothing"
