"""Parameters that no page can do with, refused before anything is trained: what uses them may come hours later."""

from mirror_core.checks import number, whole


def at_least(low: int, **values: object) -> None:
    """Refuse what is no whole number of at least `low`.

    Raises
    ------
    OptionError
        One sentence that names the first such parameter, its value and what is allowed.

    Examples
    --------
    >>> at_least(4, n_test=300)
    """
    for name, value in values.items():
        whole(name, value, low)


def above(low: float, **values: object) -> None:
    """Refuse what is no finite number greater than `low`.

    Raises
    ------
    OptionError
        One sentence that names the first such parameter, its value and what is allowed.

    Examples
    --------
    >>> above(0, penalty=0.003)
    """
    for name, value in values.items():
        number(name, value, low, open_low=True)
