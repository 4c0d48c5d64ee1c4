"""Each extractor's page shows what it sees, and says what it is the same as."""

import re
from pathlib import Path

import pytest
from PIL import Image

PAGES = Path(__file__).parents[1] / "docs" / "extractors"


@pytest.mark.parametrize("page", sorted(set(PAGES.glob("*.md")) - {PAGES / "index.md"}),
                         ids=lambda path: path.stem)  # fmt: skip
def test_a_page_has_its_picture_and_its_table(page):
    text = page.read_text(encoding="utf-8")
    words, name = re.search(r"!\[([^\]]+)\]\(([\w-]+\.png)\)", text).groups()
    assert len(words) > 20, "a picture says in words what it shows"
    assert name == f"{page.stem}.png" and min(Image.open(PAGES / name).size) > 100
    table = text.split("\n## Same as, and differs from\n")[1]
    assert "Compared with: " in table or "no public code of the authors" in table
    rows = re.findall(r"^\| (.+?) \| (.*?) ?\| (.*?) ?\|$", table, re.MULTILINE)[2:]
    assert len(rows) >= 2 and all(same or differs for _, same, differs in rows)


def test_the_list_names_all_pages():
    listed = set(re.findall(r"\]\(([\w-]+\.md)", (PAGES / "index.md").read_text(encoding="utf-8")))
    assert listed >= {page.name for page in PAGES.glob("*.md")} - {"index.md"}
