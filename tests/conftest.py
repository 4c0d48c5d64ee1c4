"""Nothing that a test does may touch the user's own folders or need a network."""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for the slow twins

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ["MEBENCH_HOME"] = tempfile.mkdtemp(prefix="mebench-tests-")
#: How large the campaigns are made (docs/checked.md), and where a detector's file is; everything
#: else of the user's is forgotten.
KEPT = ("MEBENCH_FUZZ", "MEBENCH_KILLS", "MEBENCH_LARGE", "MEBENCH_TEST_YUNET",
        "MEBENCH_TEST_RETINAFACE")  # fmt: skip
for name in [n for n in os.environ if n.startswith("MEBENCH_")]:
    if name not in ("MEBENCH_HOME", *KEPT):
        del os.environ[name]
