"""Functions in machine code, for loops that NumPy would go through with many arrays between. Needs Numba."""

from collections.abc import Callable
from typing import Any


def keep_compiled(function: Callable, **options: Any) -> Callable:
    """Have Numba compile a function when it is first called, and keep the code for the next process.

    Where there is no folder in which to keep it, it is compiled in each.

    Parameters
    ----------
    options
        Those of `numba.njit`.
    """
    import numba  # here, since who only asks what there is needs no compiler

    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:
        return numba.njit(**options)(function)
