"""What people declare in a file of their own: TOML, read whole."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from mirror_core.checks import OptionError

MOST_BYTES = 10**7
"""Bytes that such a file may have, which somebody wrote."""


SPECIAL = "is a pipe or a device, which cannot be read more than once"


def is_special(path: Path) -> bool:
    """Return whether a path is a pipe, a device or the like, which may never end; read whole, it must be refused.

    Raises
    ------
    OptionError
        If the system takes no such path, whose name may be too long.
    """
    try:
        return path.exists() and not path.is_file() and not path.is_dir()
    except OSError as error:
        raise OptionError(f"{path} cannot be read: {error.strerror}.") from error


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file declares.

    Raises
    ------
    OptionError
        If it is missing, no file, too long, not in UTF-8 or no TOML; one sentence that names it.
    """
    if is_special(path):
        raise OptionError(f"{path} {SPECIAL}: it must be a TOML file.")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise OptionError(f"{path} has more than {MOST_BYTES:,} bytes: it must be a short TOML file.")
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise OptionError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise OptionError(f"{path} is not a text file in UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise OptionError(f"{path} is not valid TOML: {error}.") from error
