"""What the site is made with: docs/hooks. Skipped where the extra `docs` is not installed."""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("mkdocs")
pytest.importorskip("latex2mathml")

HOOKS = Path(__file__).parents[1] / "docs" / "hooks"


def hook(name):
    spec = importlib.util.spec_from_file_location(f"docs_hook_{name}", HOOKS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_example_becomes_a_page(tmp_path):
    gallery = hook("gallery")
    path = tmp_path / "dot.py"
    path.write_text(
        '"""A dot\n\nDraws it.\n"""\n\nimport matplotlib.pyplot as plt\n\n'
        'plt.figure().savefig("dot.svg")\nprint(6 * 7)\n'
    )
    found = gallery.run(path, path.read_text())
    assert found[:2] == ("A dot", "Draws it.") and found.output == "42"
    assert list(found.pictures) == ["dot.svg"] and found.code.startswith("import matplotlib")
    page = gallery._page(path, found)
    assert page.startswith("# A dot\n\nDraws it.\n\n![A dot](dot-dot.svg)") and "\n42\n" in page


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('"""Fails."""\nraise ValueError("broken on purpose")\n', "broken on purpose"),
        ("print(1)\n", "no docstring"),
    ],
)
def test_a_broken_example_ends_the_build(tmp_path, source, words):
    from mkdocs.exceptions import PluginError

    path = tmp_path / "broken.py"
    path.write_text(source)
    with pytest.raises(PluginError, match=words):
        hook("gallery").run(path, source)


def test_a_slow_example_ends_the_build(tmp_path, monkeypatch):
    from mkdocs.exceptions import PluginError

    gallery = hook("gallery")
    monkeypatch.setattr(gallery, "LIMIT", 0.5)
    path = tmp_path / "slow.py"
    path.write_text('"""Slow."""\nimport time\n\ntime.sleep(20)\n')
    with pytest.raises(PluginError, match=r"longer than 0\.5 s"):
        gallery.run(path, path.read_text())


def test_all_commands_and_results_are_in_the_reference():
    from mebench.results.published import published

    generated = hook("generated")
    text = generated.commands()
    for name in ("run", "data add", "score-spotting", "cache prune"):
        assert f"\n## {name} {{" in text
    assert "`--protocol`" in text
    table = generated.published()
    assert str(len(published())) in table and "| 0.5882 | 0.5785 |" in table


def test_formulas_need_no_script():
    text = hook("formulas").on_page_content(
        '<p><span class="arithmatex">\\(a &lt; \\tilde b\\)</span></p>'
        '<div class="arithmatex">\\[\\frac{1}{2}\\]</div>'
    )
    assert "arithmatex" not in text and "<mfrac>" in text and text.count("<math") == 2
    assert 'display="block"' in text


def test_names_in_docstrings_lose_their_roles():
    text = hook("generated").on_page_content(
        ":func:<code>hoof</code>, :class:<code>~.hoof.HOOF</code>"
    )
    assert text == "<code>hoof</code>, <code>HOOF</code>"


def test_see_also_becomes_links():
    text = hook("generated").on_page_content(
        '<details class="see-also" open>\n  <summary>See Also</summary>\n'
        "  <p>lbp_top : All neighbours\nagainst the centre.\n"
        "mebench.evaluate : Folds.</p>\n</details>"
    )
    assert text.count("<li>") == 2 and "details" not in text
    assert '"mebench.features.lbp_top" optional><code>lbp_top</code></autoref>: All' in text
    assert '"mebench.evaluate" optional><code>evaluate</code></autoref>: Folds.' in text


def test_a_folder_stands_for_its_pages(tmp_path):
    (tmp_path / "g").mkdir()
    (tmp_path / "g" / "b.py").touch()
    (tmp_path / "g" / "a.md").touch()
    found = hook("gallery")._unfolded({"Do": [{"All": "g/"}, "x.md"]}, tmp_path)
    assert found == {"Do": [{"All": ["g/index.md", "g/a.md", "g/b.md"]}, "x.md"]}
