"""Numbers as a page says them: with intervals, and with words that a rule chooses, not an author."""

from collections.abc import Sequence

import numpy as np

from mirror_core.config.paper import Reported


def _estimate(values: Sequence[float]):
    from mirror_core.analysis.estimates import estimate  # here, since most words are of no estimate, and it loads much

    return estimate(values)


def decimal(value: float, digits: int = 2) -> str:
    """Return a number with a true minus sign, and none before a zero."""
    text = f"{value:.{digits}f}"
    return text.replace("-", "−" if float(text) else "")


def with_interval(
    values: Sequence[float], within: tuple[float, float] = (-np.inf, np.inf), digits: int = 2, joint: str = " "
) -> str:
    """Return the mean over networks with its 95 % interval; of a single network, the value alone.

    Parameters
    ----------
    values
        One value a network; those that are not finite are left out.
    within
        Range of possible values; a symmetric interval that leaves it is cut there.
    joint
        What stands between the mean and the interval.

    Examples
    --------
    >>> with_interval([0.2, 0.3, 0.4])
    '0.30 [0.05, 0.55]'
    """
    found = _estimate(np.asarray(values, dtype=float))
    if found.n < 2:
        return decimal(found.mean, digits) if found.n else "–"
    low, high = np.clip([found.low, found.high], *within)
    return f"{decimal(found.mean, digits)}{joint}[{decimal(low, digits)}, {decimal(high, digits)}]"


def side(values: Sequence[float], limit: float = 0.0) -> str:
    """Say where the 95 % interval of the mean over networks lies: "above" or "below" a limit, or "around" it.

    Fewer than two networks have no interval: "around".
    """
    found = _estimate(values)
    return "around" if found.n < 2 else "above" if found.low > limit else "below" if found.high < limit else "around"


def counted(n: int, what: str) -> str:
    """Return a number of things, such as "1 network" or "5 networks"."""
    return f"{n} {agree(n, what, f'{what}s')}"


def agree(n: int, one: str, several: str) -> str:
    """Return the word that goes with a number: "is" of one, "are" of none or several.

    Examples
    --------
    >>> [f"{n} of 9 {agree(n, 'is', 'are')} tuned" for n in (0, 1, 2)]
    ['0 of 9 are tuned', '1 of 9 is tuned', '2 of 9 are tuned']
    """
    return one if n == 1 else several


def part_of(n: int, total: int, what: str, one: str, several: str) -> str:
    """Return a part of a number of things with its verb.

    Examples
    --------
    >>> part_of(1, 16, "unit", "is", "are")
    '1 of 16 units is'
    """
    return f"{n} of {counted(total, what)} {agree(n, one, several)}"


def listed(names: Sequence[str]) -> str:
    """Join names as a sentence does; "none" for no name.

    Examples
    --------
    >>> listed(["r", "decoding", "lesions"])
    'r, decoding and lesions'
    """
    if len(names) < 2:
        return names[0] if names else "none"
    return f"{', '.join(names[:-1])} and {names[-1]}"


READ = {
    "as-written": "under a literal reading",
    "self-observation": "with self-observation",
    "dual-readout": "with dual readout",
}
"""Reading of the paper → how a plain sentence says under it."""


def under_readings(found: Sequence[str], readings: Sequence[str]) -> str:
    """Say in plain words under which of several readings of the paper something was found.

    Examples
    --------
    >>> under_readings(["self-observation", "dual-readout"], ["as-written", "self-observation", "dual-readout"])
    'with self-observation and dual readout'
    >>> under_readings(["as-written", "dual-readout"], ["as-written", "dual-readout"])
    'under every reading'
    >>> under_readings([], ["as-written"])
    'under no reading'
    """
    if not found:
        return "under no reading"
    if len(readings) > 1 and set(found) == set(readings):
        return "under every reading"
    said = [READ[one] for one in found]
    groups = {word: [one.partition(" ")[2] for one in said if one.startswith(word)] for word in ("under", "with")}
    return listed([f"{word} {listed(which)}" for word, which in groups.items() if which])


def sentence(text: str) -> str:
    """Return a text with a capital letter in front and a full stop behind."""
    return f"{text[0].upper()}{text[1:]}."


def against(values: Sequence[float], reported: Reported) -> str:
    """Say where the networks lie against what the paper reports.

    The rule: "within" if their mean lies in the paper's range; else "not distinguishable from" if the 95 % interval
    of the mean overlaps it; else "below" or "above". A single network has no interval.
    """
    found = _estimate(values)
    if reported.low <= found.mean <= reported.high:
        return "within"
    if found.low <= reported.high and found.high >= reported.low:
        return "not distinguishable from"
    return "below" if found.mean < reported.low else "above"


def span(reported: Reported) -> str:
    """Return what the paper reports, as a range where it gives one."""
    if reported.low == reported.high:
        return decimal(reported.headline)
    return f"{decimal(reported.low)}–{decimal(reported.high)}"


def times(values: Sequence[float]) -> str:
    """Say how many times faster: the median of the turns, and the lowest and the highest."""
    values = np.asarray(values, dtype=float)
    if len(values) == 1:
        return f"{values[0]:.1f} times (one turn)"
    return f"{np.median(values):.1f} times ({values.min():.1f} to {values.max():.1f} in {len(values)} turns)"


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    for unit, size in (("years", 365.25 * 86400), ("days", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        if seconds >= 2 * size:
            value = seconds / size
            return f"{value:,.0f} {unit}" if value >= 9.95 else f"{value:.1f} {unit}"
    if seconds >= 0.1:
        return f"{seconds:.2f} s"
    return f"{1000 * seconds:.2g} ms" if seconds >= 1e-4 else f"{1e6 * seconds:.2g} µs"


def size(n_bytes: float) -> str:
    """Return an amount of data in the unit that suits it."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= factor:
            return f"{n_bytes / factor:.3g} {unit}"
    return f"{n_bytes:.0f} bytes"
