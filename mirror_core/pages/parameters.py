"""Parameters that no page can do with, refused before anything is trained: what uses them may come hours later."""

from mirror_core.checks import number, whole

MOST = 2**32 - 1
"""The most of anything on a page, seeds too: what is larger is a slip, and would not fit into any memory."""
UNITS = 10**4
"""The most units of a core on a page: its weights take memory with their square, here 5 GB of it and more."""


def at_least(low: int, most: int = MOST, /, **values: object) -> None:
    """Refuse what is no whole number from `low` to `most`.

    Raises
    ------
    OptionError
        One sentence that names the first such parameter, its value and what is allowed.

    Examples
    --------
    >>> at_least(4, n_test=300)
    """
    for name, value in values.items():
        whole(name, value, low, most)


def above(low: float, **values: object) -> None:
    """Refuse what is no number greater than `low`, or larger than `MOST`.

    Raises
    ------
    OptionError
        One sentence that names the first such parameter, its value and what is allowed.

    Examples
    --------
    >>> above(0, penalty=0.003)
    """
    for name, value in values.items():
        number(name, value, low, MOST, open_low=True)
