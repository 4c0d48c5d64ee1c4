import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_generated_cards_are_up_to_date():
    found = subprocess.run(
        [sys.executable, str(DOCS / "make_cards.py"), "--check"], capture_output=True, text=True
    )
    assert found.returncode == 0, f"{found.stderr} Run python docs/make_cards.py"
