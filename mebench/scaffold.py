"""``mebench new``: a package of one's own, small enough to be read in a minute."""

from __future__ import annotations

import keyword
import os
import re
from pathlib import Path

from .errors import BadInput
from .paths import is_device_name

__all__ = ["new_method"]

_PROJECT = """\
[build-system]
requires = ["setuptools>=64"]
build-backend = "setuptools.build_meta"

[project]
name = "{package}"
version = "0.1"
dependencies = ["mebench"]

[project.entry-points."mebench.methods"]
{name} = "{module}:METHOD"

[tool.setuptools]
py-modules = ["{module}"]
"""

_METHOD = '''\
"""{title}: a method for mebench."""

import numpy as np
from sklearn.pipeline import make_pipeline

from mebench.base import Extractor
from mebench.methods import Method
from mebench.svm import PolySVC


class {kind}(Extractor):
    """One row of features for each clip: here, the mean change of each row of pixels."""

    def _row(self, clip):
        change = np.abs(clip.frames[-1].astype(float) - clip.frames[0])
        return np.array([part.mean() for part in np.array_split(change, 8)])

    def _names(self):
        return [f"part {{i}}" for i in range(8)]


METHOD = Method("{name}", lambda: make_pipeline({kind}(), PolySVC(kernel="linear")), grid="linear")
'''

_TEST = '''\
"""The extractor keeps what mebench and scikit-learn expect of one."""

from {module} import {kind}

from mebench.testing import check_extractor


def test_it_is_an_extractor():
    check_extractor({kind}())
'''

_README = """\
# {name}

A method for mebench.

```sh
pip install -e .
pytest
mebench run --dataset synthetic --method {name}
```

Change `_row` in `{module}.py` to what your method computes of a clip. mebench keeps the rows of a
clip: add `version = 2` to the class when the same clip should give another row.
"""


def new_method(name: str, out: str | os.PathLike[str] = ".") -> Path:
    """Write a package with one method, its entry point and its test.

    Parameters
    ----------
    name : str
        As ``--method`` will take it: lower case letters, digits and hyphens.
    out : path, default '.'
        Folder around the package's own.

    Returns
    -------
    Path
        The folder of the package.

    Raises
    ------
    BadInput
        A name that cannot be used, or a folder that is there already.

    See Also
    --------
    mebench.testing.check_extractor : what the test of the package runs.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise BadInput(
            f"A method is called by lower case letters, digits and hyphens, such as my-method; "
            f"found {name!r}."
        )
    from .methods import METHODS
    from .storage.run_folder import writing_folder

    module = name.replace("-", "_")
    if is_device_name(name):
        raise BadInput(f"Windows keeps the name {name!r} for a device; give yours another name.")
    if name in METHODS or keyword.iskeyword(module):
        raise BadInput(f"There is a {name!r} already; give yours another name.")
    folder = Path(out) / name
    if folder.exists():
        raise BadInput(f"{folder} is there already; name another folder with --out.")
    kind = "".join(part.capitalize() for part in name.split("-"))
    words = {
        "name": name,
        "package": f"mebench-{name}",
        "module": module if module not in ("mebench", "test") else f"{module}_method",
        "kind": kind,
        "title": kind,
    }
    files = {
        "pyproject.toml": _PROJECT,
        f"{words['module']}.py": _METHOD,
        f"test_{words['module']}.py": _TEST,
        "README.md": _README,
    }
    try:
        with writing_folder(folder.parent) as made:
            for file, text in files.items():
                (made / file).write_text(text.format(**words), encoding="utf-8")
            os.rename(made, folder)
    except OSError as error:
        raise BadInput(f"Cannot write to {folder}: {error.strerror}.") from error
    return folder
