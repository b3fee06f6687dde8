"""What was measured once and comes with the checkout: where it is, and how a page finds a file of it."""

import filecmp
import os
from pathlib import Path

from mirror_core.checks import OptionError

DATA = Path(__file__).resolve().parents[2] / "book" / "data"
"""Folder of the data that come with the checkout."""


def find_data(field: str, name: str, pattern: str, hint: str = "") -> Path:
    """Return the path of a file: a path as it is, else a file of the checkout's data folder.

    Parameters
    ----------
    field
        What the name was given for, in the error.
    pattern
        Which files of the data folder the error lists, such as "*.json".
    hint
        What the error says at its end.

    Raises
    ------
    OptionError
        If there is neither, or if both are there and are not the same.
    """
    own, measured = Path(name).expanduser(), DATA / name
    bare = os.path.basename(name) == name
    if bare and own.is_file() and measured.is_file() and not filecmp.cmp(own, measured, shallow=False):
        raise OptionError(
            f"{field} = {name!r} is not allowed: it may be {measured} or, in the folder where this runs, "
            f"{own.absolute()}, which is not the same; name the one that you mean with its folder."
        )
    for path in (own, measured):
        if path.is_file():
            return path
    there = ", ".join(sorted(path.name for path in DATA.glob(pattern)))
    raise OptionError(
        f"{field} = {name!r} is not allowed: there is no such file, and {DATA} has: {there or 'none'}.{hint}"
    )
