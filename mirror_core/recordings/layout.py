"""What in a file is what: the options that say so, in a command or in a small TOML file."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from mirror_core.checks import OptionError, number, one_of, unknown, whole
from mirror_core.config.declared import read_toml

AXES = ("trial", "time", "unit")
"""Axes of an array of activity, in the order that analyses use."""


def says(value: object) -> bool:
    """Return whether the value of an option says something."""
    return value is not None and value is not False and value != ()


BINS = 6
"""Bins that a continuous condition is cut into by default."""

KINDS = {
    "str": (str, "text"), "bool": (bool, "true or false"), "int": (int, "a whole number"),
    "float": ((int, float), "a number"),
}  # fmt: skip
"""Type of an option → what its values may be, and in words."""


def option(text: str, default: object = None) -> object:
    """Return a field of `Layout` with what its option is for."""
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class Layout:
    """Which field of a file is what; a field that is not needed is None (or empty).

    Raises
    ------
    OptionError
        If a value is of the wrong type or not allowed.
    """

    perform: str | None = option(
        "The mode's value while performing; without --mode, the array of that mode, or where an array has a dimension "
        "mode, its value there."
    )
    observe: str | None = option("The same while observing.")
    mode: str | None = option("Column or array with the mode of each trial.")
    condition: tuple[str, ...] = option("Column or array with each trial's condition; several: their combination.", ())
    continuous: bool = option("The condition is a number, such as an angle, of which each trial has another.", False)
    bins: int | None = option(
        f"Equally full bins that a continuous condition is cut into, for tests that need classes; by default {BINS}."
    )
    circular: float | None = option("After how much a continuous condition begins again: 360 for an angle in degrees.")
    perform_conditions: str | None = option("Array with the condition of each trial of the array of performing.")
    observe_conditions: str | None = option("The same while observing.")
    only: tuple[str, ...] = option("NAME=VALUE: only trials, or units, of which a column has this value.", ())
    halves: bool = option("One mode only: split the trials of each condition into two halves, as a control.", False)
    data: str | None = option("Array of activity, or cell or struct field with one array a trial; in NWB a TimeSeries.")
    axes: tuple[str, ...] = option("Order of the array's axes, for example trial,time,unit.", ())
    times: str | None = option("Array with the time of each sample, in seconds from the event.")
    step: float | None = option("Seconds between samples, where no array has their times.")
    first: float | None = option("Time of the first sample in seconds from the event, with --step.")
    window: tuple[float, ...] = option("What to keep, from and to, in seconds from the event.", ())
    bin: float | None = option("Width of the time bins in seconds.")
    event: str | None = option("Column with the time of the event in each trial, in seconds.")
    trials: str | None = option("Table of the trials; a file beside a pynapple file.")
    trial: str | None = option("Column with the number of the trial, in a table with one value a row.")
    time: str | None = option("Column with the time, in such a table.")
    value: str | None = option("Column with the activity, in such a table.")
    unit: str | None = option("Column with the name of each unit.")
    groups: tuple[str, ...] = option(
        "Column or array that says what a unit is (area, animal, …); units are exchanged within an animal.", ()
    )
    files: str | None = option("What each of several files has: units of the same trials, or sessions.")

    def __post_init__(self) -> None:
        for one in fields(Layout):
            value = getattr(self, one.name)
            if one.type.startswith("tuple"):
                value = tuple(value) if isinstance(value, (list, tuple)) else (value,)
                object.__setattr__(self, one.name, value)
            kind, wanted = KINDS[one.type.removeprefix("tuple[").split(" ")[0].strip(",")]
            for part in value if isinstance(value, tuple) else (value,):
                if part is not None and (not isinstance(part, kind) or (isinstance(part, bool) and kind is not bool)):
                    raise OptionError(f"{one.name} = {part!r} is not allowed: it must be {wanted}.")
        for name in ("step", "bin", "circular"):
            if getattr(self, name) is not None:
                number(name, getattr(self, name), 0, open_low=True)
        if self.bins is not None:
            whole("bins", self.bins, 2)
        for name in ("bins", "circular"):
            if getattr(self, name) is not None and not self.continuous:
                raise OptionError(
                    f"{name} = {getattr(self, name):g} is not allowed without continuous (--continuous), which says "
                    "that the condition is a number."
                )
        if self.window and (len(self.window) != 2 or not -1e9 < self.window[0] < self.window[1] < 1e9):
            raise OptionError(f"window = {list(self.window)} is not allowed: it must be two numbers, from and to.")
        for axis in self.axes:
            one_of("axis", axis, AXES)
        if len(set(self.axes)) < len(self.axes):
            raise OptionError(f"axes = {','.join(self.axes)} is not allowed: each axis may be named once.")
        if self.files is not None:
            one_of("files", self.files, ("units", "sessions"))
        for text in self.only:
            if "=" not in text:
                raise OptionError(f"only = {text!r} is not allowed: it must be NAME=VALUE.")
        if len(self.only_of) < len(self.only):
            raise OptionError(f"only = {', '.join(self.only)} is not allowed: each column may be named once.")
        if self.halves and self.mode:
            raise OptionError(
                f"halves is not allowed with mode = {self.mode!r}: halves are made where there is one mode."
            )

    @property
    def given(self) -> dict[str, object]:
        """The options that say something, by name."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name)) not in (None, (), False)}

    @property
    def only_of(self) -> dict[str, str]:
        """Name of each column of which only one value is kept, and that value."""
        return dict(text.split("=", 1) for text in self.only)

    def change(self, **options: object) -> Layout:
        """Return the layout with some options changed."""
        return replace(self, **options)

    def as_command(self, path: str | Path) -> str:
        """Return `mirror analyse` with these options, to be pasted into a shell."""
        words = ["mirror", "analyse", os.path.join(".", path) if str(path).startswith("-") else str(path)]
        for name, value in self.given.items():
            flag = "--" + name.replace("_", "-")
            if value is True:
                words.append(flag)
            elif name == "window":
                words += [flag, *(f"{edge:g}" for edge in value)]
            else:
                for part in (",".join(value),) if name == "axes" else value if isinstance(value, tuple) else (value,):
                    words += [flag, str(part)]
        return shlex.join(words)

    def as_toml(self) -> str:
        """Return the layout as the text of a file for --layout."""
        return "".join(
            f"{name} = {json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)}\n"
            for name, value in self.given.items()
        )


def read_layout(path: Path) -> Layout:
    """Read a layout from a TOML file.

    Raises
    ------
    OptionError
        If it is no TOML, or has an unknown key or an impossible value; names file and key.
    """
    content = read_toml(path)
    try:
        for key in content:
            if key not in (names := [one.name for one in fields(Layout)]):
                raise unknown("key", key, names)
        return Layout(**content)
    except OptionError as error:
        raise OptionError(f"{path}: {error}") from error
