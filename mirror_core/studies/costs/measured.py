"""The file that `python -m benchmarks.growth` writes, as tables."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from mirror_core.checks import OptionError
from mirror_core.runs.files import read_json
from mirror_core.studies.data import find_data

COMMAND = "python -m benchmarks.growth --out FILE"
"""What makes such a file."""

PARTS = {
    "training": ("reading", "hidden_size", "way", "turn", "seconds"),
    "growth": ("setting", "value", "way", "turn", "seconds"),
    "networks": ("networks", "turn", "seconds"),
    "cores": ("core", "way", "turn", "seconds"),
    "workers": ("workers", "turn", "networks_per_minute", "training", "measuring", "overhead"),
    "keeping": ("action", "turn", "seconds"),
    "sizes": ("what", "bytes", "on_disk"),
    "listing": ("kind", "entries", "action", "turn", "seconds"),
    "handing_out": ("scheduler", "tasks", "turn", "seconds"),
    "declaring": ("runs", "turn", "seconds"),
}
"""What a measurement has: part → columns of its records."""

_ABOUT = ("command", "date", "tiny", "device", "machine", "settings")
_WATCH = ("load", "seconds", "others")

MOST_OTHERS = 0.1
"""A machine was idle if others kept at most this many of its cores busy, on average over the measurement."""


@dataclass(frozen=True)
class Measured:
    """A measurement of what networks cost on one machine."""

    about: dict[str, Any]
    """Machine, versions, command, date and settings."""
    parts: dict[str, pd.DataFrame]
    """Records by part, with the columns in `PARTS`; `device` too if a GPU was measured. Times are in seconds."""
    watch: pd.DataFrame
    """A row for each part: the load average (1 minute) when it began, its `seconds`, and how many cores `others` kept
    busy meanwhile."""

    @property
    def others(self) -> float:
        """Cores that others kept busy, on average over the measurement."""
        return float((self.watch.others * self.watch.seconds).sum() / max(self.watch.seconds.sum(), 1e-9))

    @property
    def idle(self) -> bool:
        """Whether the machine was left alone, by the rule of `MOST_OTHERS`."""
        return self.others <= MOST_OTHERS


def read_measured(name: str) -> Measured:
    """Read a measurement: a path as it is, else a file of the checkout's data folder.

    Raises
    ------
    OptionError
        If the file is missing, no JSON, or lacks a part or a column that the page needs.
    """
    path = find_data("measured", name, "*.json", f" Make one with {COMMAND}.")
    try:
        content = read_json(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise OptionError(f"measured = {name!r} cannot be read as JSON ({error}). Make it again: {COMMAND}.") from error
    try:
        return _measured(content)
    except KeyError as error:
        raise OptionError(f"measured = {name!r} lacks {error.args[0]}. Make it again: {COMMAND}.") from None


def _measured(content: Any) -> Measured:
    about, found = (_has(content, name, "the section") for name in ("about", "parts"))
    for name in _ABOUT:
        _has(about, name, "in its section 'about':")
    parts, watch = {}, []
    for name in [*PARTS, *(["device"] if isinstance(found, dict) and "device" in found else [])]:
        part = _has(found, name, "the part")
        rows = _has(part, "rows", f"in its part {name!r}:")
        if not isinstance(rows, list) or not rows:
            raise KeyError(f"in its part {name!r}: any record")
        for column in PARTS["networks" if name == "device" else name]:
            for row in rows:
                _has(row, column, f"in a record of its part {name!r}:")
        parts[name] = pd.DataFrame(rows)
        watch.append({"part": name} | {key: _has(part, key, f"in its part {name!r}:") for key in _WATCH})
    return Measured(about, parts, pd.DataFrame(watch))


def _has(content: Any, name: str, where: str) -> Any:
    if not isinstance(content, dict) or name not in content:
        raise KeyError(f"{where} {name!r}")
    return content[name]
