"""Machine code: made once before worker processes start, since several that start together would each compile it, and
kept where only what fits is found."""

from __future__ import annotations

import hashlib
import os
import pickletools
import platform
import sys
from contextlib import nullcontext, suppress
from functools import cache
from importlib import metadata
from io import BytesIO
from pathlib import Path

from mirror_core.checks import OptionError
from mirror_core.runs.files import alone

CACHE_VARIABLE = "NUMBA_CACHE_DIR"
"""Environment variable with the folder in which Numba keeps machine code."""

_LIBRARY = Path(__file__).resolve().parents[1]
_COMPILER = ("numba", "llvmlite", "numpy")
_USUAL = {"DISABLE_JIT": 0, "OPT": 3, "LOOP_VECTORIZE": 1, "SLP_VECTORIZE": 0, "CPU_NAME": None, "CPU_FEATURES": None}
"""What decides the last bits of compiled numbers among Numba's settings, which come from variables named `NUMBA_…`, or
from a file `.numba_config.yaml` in the folder where a process starts."""


def compile_training() -> None:
    """Have Numba compile what trains networks, unless it is kept from an earlier time; workers then load it.

    Processes that call this at the same time wait for the one that compiles.
    """
    # here, so that a process that only names this function loads nothing
    from mirror_core.config.settings import Config
    from mirror_core.networks.training.loop import train

    keep_machine_code()
    kept = os.environ.get(CACHE_VARIABLE)
    with (alone(Path(kept)) if kept else None) or nullcontext():
        train(Config().change(n_sequences=64, n_heldout=64, n_epochs=1))


def keep_machine_code() -> None:
    """Let Numba keep machine code in a folder named by all that it is made from, and take away there what is cut.

    Some versions of Numba go by the date of a source file, and none reads a file that a full disk or a power cut has
    left cut: it stops, each time. The folder is in the package's own, or where `NUMBA_CACHE_DIR` says, or in the home
    folder's cache; it has to be this user's own, since to load machine code is to run it.
    """
    name = f"machine-code-{_digest_of_sources()}"
    chosen = os.environ.get(CACHE_VARIABLE)
    parents = [Path(chosen)] if chosen else [_LIBRARY / "__pycache__"]
    with suppress(RuntimeError):  # no home folder
        parents.append(Path.home() / ".cache" / "mirror_core")
    folders = [parent if parent.name == name else parent.absolute() / name for parent in parents]
    folder = next(filter(_is_own, folders), None)
    if folder is None:
        return  # Numba then looks for a place itself
    _remove_cut(folder)
    os.environ[CACHE_VARIABLE] = str(folder)
    if "numba" in sys.modules:
        sys.modules["numba"].config.CACHE_DIR = str(folder)


def refuse_other_machine_code() -> None:
    """Refuse settings of Numba under which the same network would get other numbers than those that are kept.

    Raises
    ------
    OptionError
        If there is one, from a variable or a file.
    """
    from numba import config

    for name, usual in _USUAL.items():
        if (value := getattr(config, name, usual)) != usual:
            raise OptionError(
                f"NUMBA_{name} = {value} is not allowed: networks would not be those that are kept; unset it, or take "
                "it out of .numba_config.yaml."
            )


@cache
def _remove_cut(folder: Path) -> None:
    for path in folder.rglob("*.nb?"):
        if not _is_whole(path):
            path.unlink(missing_ok=True)


@cache
def _digest_of_sources() -> str:
    versions = " ".join(f"{package} {_version(package)}" for package in _COMPILER)
    digest = hashlib.sha256(f"{versions} python {platform.python_version()}".encode())
    for path in sorted(_LIBRARY.rglob("*.py")):
        if "_compiled" in (text := path.read_text(encoding="utf-8")):
            digest.update(f"{path.relative_to(_LIBRARY).as_posix()} {text}".encode())
    return digest.hexdigest()[:12]


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _is_own(folder: Path) -> bool:
    """Make a folder if it is missing; say whether it belongs to this user, who can write there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.access(folder, os.W_OK | os.X_OK) and (os.name != "posix" or folder.stat().st_uid == os.geteuid())
    except OSError:
        return False


def _is_whole(path: Path) -> bool:
    """Whether a file is one pickle after the other, to its end; nothing in it is executed."""
    try:
        content = BytesIO(path.read_bytes())
        while content.tell() < content.getbuffer().nbytes:
            for _ in pickletools.genops(content):
                pass
        return content.tell() > 0
    except (OSError, ValueError, IndexError):
        return False
