"""Nothing that a test does may touch the user's own folders or need a network."""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for the slow twins

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ["MEBENCH_HOME"] = tempfile.mkdtemp(prefix="mebench-tests-")
kept = ("MEBENCH_HOME", "MEBENCH_FUZZ", "MEBENCH_TEST_YUNET")
for name in [n for n in os.environ if n.startswith("MEBENCH_") and n not in kept]:
    del os.environ[name]
