"""Whose library this is: that of the checkout in which it runs, or of another from which that was copied."""

from __future__ import annotations

from pathlib import Path

_LIBRARY = Path(__file__).resolve().parents[1]


class OtherCheckout(RuntimeError):
    """The work is in one checkout, and the library that would do it is in another."""


def own_checkout() -> Path | None:
    """Return the checkout that this library is in, or None where it is installed as a package."""
    return _LIBRARY.parent if (_LIBRARY.parent / "pyproject.toml").is_file() else None


def refuse_another_checkout(at: Path | None = None) -> None:
    """Refuse to work in a checkout with the library, and so the store and the data, of another one.

    An environment that was copied or moved with its checkout goes on with the library of the place where it was made.

    Parameters
    ----------
    at
        Where the work is; the current folder if not given.

    Raises
    ------
    OtherCheckout
        If that is in another checkout.
    """
    at = (Path.cwd() if at is None else at).resolve()
    here = next((path for path in (at, *at.parents) if _is_checkout(path)), None)
    own = own_checkout()
    if here is not None and own is not None and (here / "mirror_core").resolve() != _LIBRARY:
        raise OtherCheckout(
            f"{here} would be worked on with the library, the store and the data of {own}: this environment was made "
            f"there. Make {here}'s own with `make env`, or work in {own}."
        )


def _is_checkout(folder: Path) -> bool:
    return (folder / "mirror_core" / "__init__.py").is_file() and (folder / "pyproject.toml").is_file()
