"""The picture of a report in the README: ``python docs/make_report_picture.py report.html``.

The page is that of five methods on the built-in corpus::

    mebench run --dataset synthetic --method mdmo --method hoof --method bi-woof \\
        --method hog-top --method lbp-top
    mebench report runs/synthetic-* --out report.html
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

TARGET = Path(__file__).parent / "img" / "report.png"
WIDTH, TOP, BOTTOM = 1180, 36, 1250


def picture(page: Path) -> None:
    """The head of a page, as headless Chromium draws it, at two thirds of its size."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or "chromium"
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "page.png"
        command = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--disable-background-networking", f"--user-data-dir={folder}/profile",
            f"--window-size={WIDTH},{BOTTOM}", f"--screenshot={whole}", page.resolve().as_uri(),
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        image = Image.open(whole).convert("RGB").crop((0, TOP, WIDTH, BOTTOM))
    size = (image.width * 2 // 3, image.height * 2 // 3)
    image = image.resize(size, Image.Resampling.LANCZOS).quantize(64, dither=Image.Dither.NONE)
    image.save(TARGET, optimize=True)
    print(TARGET.name, image.size, TARGET.stat().st_size // 1024, "KB")


if __name__ == "__main__":
    picture(Path(sys.argv[1]))
