"""Whose library this is: that of the checkout in which it runs, or of another from which that was copied."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_LIBRARY = Path(__file__).resolve().parents[1]


class OtherCheckout(RuntimeError):
    """The work is in one checkout, and the library that would do it is in another."""


def own_checkout() -> Path | None:
    """Return the checkout that this library is in, or None where it is installed as a package."""
    return _LIBRARY.parent if (_LIBRARY.parent / "pyproject.toml").is_file() else None


def refuse_another_checkout(at: Path | None = None) -> None:
    """Refuse to work in a checkout, or with its commands, with the library, the store and the data of another one.

    An environment that was copied or moved with its checkout goes on with the library of the place where it was made,
    wherever it is called from. Who names a library's checkout in `PYTHONPATH`, or works in it, means that one.

    Parameters
    ----------
    at
        Where the work is; the current folder if not given.

    Raises
    ------
    OtherCheckout
        If that is in another checkout.
    """
    own = own_checkout()
    if own is None:
        return
    at = (Path.cwd() if at is None else at).resolve()
    here = _checkout_of(at)
    if here is None and own not in (
        Path(path or ".").resolve() for path in os.environ.get("PYTHONPATH", "").split(os.pathsep)
    ):
        # the environment's Python, and the command, which names another one where only files were copied
        there = (_checkout_of(path) for path in (Path(sys.prefix).resolve(), Path(sys.argv[0]).parent.resolve()))
        here = next((one for one in there if one is not None and not _is_own(one)), None)
    if here is not None and not _is_own(here):
        raise OtherCheckout(
            f"{here} would be worked on with the library, the store and the data of {own}: this environment was made "
            f"there. Make {here}'s own with `make env`, or work in {own}."
        )


def _checkout_of(place: Path) -> Path | None:
    return next((path for path in (place, *place.parents) if _is_checkout(path)), None)


def _is_own(checkout: Path) -> bool:
    return (checkout / "mirror_core").resolve() == _LIBRARY


def _is_checkout(folder: Path) -> bool:
    return (folder / "mirror_core" / "__init__.py").is_file() and (folder / "pyproject.toml").is_file()
