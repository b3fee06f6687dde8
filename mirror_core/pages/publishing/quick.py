"""Build the whole site with few networks, in a scratch copy, so that the pages of the full build stay as they are.

Usage: python -m mirror_core.pages.publishing.quick FOLDER      (from the repository's root)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from mirror_core.runs.files import alone

QUICK_VARIABLE = "MIRROR_CORE_QUICK"
"""Environment variable that is 1 in a build with the quick settings."""

EXECUTED = "notebooks"
"""Folder of the executed notebooks inside the book."""

BUILT = ("_build", EXECUTED)
"""What a build writes into the book; kept from one quick build to the next."""


OURS = ".made-by-mirror"
"""File that says that this has made a folder, and may replace what is in it."""


def own_folder(folder: Path) -> None:
    """Make a folder for a copy, or see that an earlier call has made it.

    Raises
    ------
    FileExistsError
        If somebody else has put something there, which would be replaced.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / OURS).exists():
        raise FileExistsError(
            f"{folder} has been made by something else (it has no file {OURS}), and a quick build would replace what "
            "is in it: name another folder, or delete it."
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / OURS).touch()


def copy_sources(root: Path, copy: Path) -> Path:
    """Copy what the site is made from and return the copy's book.

    Parameters
    ----------
    copy
        Folder for the copy, made if missing. Sources there are replaced; what an earlier build wrote stays.
    """
    book = copy / "book"
    for old in [copy / "notebooks", *(path for path in book.glob("*") if path.name not in BUILT)]:
        shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
    shutil.copytree(root / "notebooks", copy / "notebooks", ignore=shutil.ignore_patterns("*.ipynb", ".*"))
    # copytree follows the book's symbolic links: the copies are plain files.
    for path in (root / "book").iterdir():
        if path.name in BUILT:
            continue
        if path.is_dir():
            shutil.copytree(path, book / path.name)
        else:
            book.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, book / path.name)
    return book


def build(book: Path, *, quick: bool) -> int:
    """Build a site with warnings as errors; return jupyter-book's exit status."""
    command = [Path(sys.executable).with_name("jupyter-book"), "build", book, "-W", "--keep-going"]
    return subprocess.run(command, env=os.environ | {QUICK_VARIABLE: "1" if quick else "0"}, check=False).returncode


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        own_folder(Path(sys.argv[1]))
        turn = alone(Path(sys.argv[1]), lambda: print("waiting for another quick build", flush=True))
        sys.exit(build(copy_sources(Path.cwd(), Path(sys.argv[1])), quick=True))
    except OSError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)  # the build has said so
