"""What a sweep runs: a grid, a random sample or both, declared in Python or in a TOML file, and its combinations.

Every field of `mirror_core.config.settings.Config` can vary, by its own name, and so can `reading`, `condition` and
`seed`.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from mirror_core.checks import MOST, OptionError, one_of, unknown, whole
from mirror_core.config.conditions import CONDITIONS, READINGS, configure
from mirror_core.config.declared import read_toml
from mirror_core.config.settings import DEFAULTS, Config
from mirror_core.runs.size import refuse_too_large
from mirror_core.seeding import stream
from mirror_core.studies.sweeps.ranges import Range

LABELS = ("reading", "condition", "seed")
"""What has a list of its own in a sweep; a sample may draw it instead."""

_READING_DECIDES = {name for reading in READINGS.values() for name in reading.changes}


@dataclass(frozen=True)
class Combination:
    """One network of a sweep."""

    reading: str
    condition: str
    chosen: Mapping[str, Any]
    """What varies, by name, for messages; the condition may have the last word on a setting."""
    config: Config | None
    """The complete configuration; None where the chosen values exclude each other."""
    problem: str = ""
    """Why there is no configuration."""

    @property
    def name(self) -> str:
        """The combination in one line."""
        return ", ".join([self.reading, self.condition, *(f"{k} = {v!r}" for k, v in self.chosen.items())])


@dataclass(frozen=True)
class Sample:
    """Random draws of settings, the same on every machine.

    Each setting has a random stream of its own, so that one more setting, or a larger `size`, leaves the other
    draws as they are: a sweep can grow and keeps the runs that it has.
    """

    size: int
    """Number of draws."""
    of: Mapping[str, Sequence[Any] | Range]
    """Name → a list to choose from, or a range."""
    seed: int = 0
    """Seed of the draws; has nothing to do with the seeds of the networks."""

    def __post_init__(self) -> None:
        whole("sample.size", self.size, 1, MOST)
        whole("sample.seed", self.seed, 0)
        _check_axes("sample.of", self.of)

    def draws(self) -> list[dict[str, Any]]:
        """Return the draws, each a value for every name."""
        columns = {name: self._column(name, axis) for name, axis in self.of.items()}
        return [{name: column[i] for name, column in columns.items()} for i in range(self.size)]

    def _column(self, name: str, axis: Sequence[Any] | Range) -> list[Any]:
        places = stream(self.seed, f"sweep/{name}").random(self.size)
        if isinstance(axis, Range):
            return [axis.at(u, whole_number=_is_whole(name)) for u in places]
        return [axis[int(u * len(axis))] for u in places]


@dataclass(frozen=True)
class Sweep:
    """Every draw of the sample × every point of the grid × readings × conditions × seeds.

    Raises
    ------
    OptionError
        For an unknown name (with the nearest ones), an impossible value, a name given twice, or an empty list.
        Values that are possible each but not together are no error: that combination fails, the others run.
    """

    base: Mapping[str, Any] = field(default_factory=dict)
    """Settings that all networks share; the paper's where not named."""
    grid: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """Name → values, each combined with all others."""
    sample: Sample | None = None
    """Random draws, each combined with the whole grid."""
    readings: Sequence[str] = ("as-written",)
    conditions: Sequence[str] = ("shared",)
    seeds: Sequence[int] = (42,)

    def __post_init__(self) -> None:
        _check_axes("base", {name: [value] for name, value in self.base.items()})
        _check_axes("grid", self.grid)
        for name in LABELS:
            self._check_label(name, getattr(self, f"{name}s"))
        places = {"base": self.base, "grid": self.grid, "sample.of": self.sample.of if self.sample else {}}
        for (one, names), (other, others) in itertools.combinations(places.items(), 2):
            for name in names:
                if name in others:
                    raise OptionError(f"{name} is in {one} and in {other}: it can be in one of them.")
        n = (self.sample.size if self.sample else 1) * math.prod(map(len, self._axes().values()))
        if n > MOST:
            raise OptionError(f"it has {n:,} combinations: at most {MOST:,} can be in one sweep.")

    def _check_label(self, name: str, values: Sequence[Any]) -> None:
        """Raise `OptionError` unless a label's list has possible values, and is the only place that names it."""
        _check_axes(f"{name}s", {name: values})
        default = next(f.default for f in fields(self) if f.name == f"{name}s")
        if self.sample and name in self.sample.of and values != default:
            raise OptionError(f"{name} is in {name}s and in sample.of: it can be in one of them.")
        for place in ("base", "grid"):
            if name in getattr(self, place):
                raise OptionError(f"{place}: {name} is not allowed here; list it in {name}s.")

    def combinations(self) -> list[Combination]:
        """Return all networks of the sweep, each once, in an order that depends on the declaration only."""
        found: dict[object, Combination] = {}
        for one in self._all():
            # a condition may fix what the grid varies: then several points of the grid are one network
            found.setdefault((one.reading, one.condition, one.config or one.name), one)
        return list(found.values())

    def _axes(self) -> dict[str, Sequence[Any]]:
        """Return what every draw is combined with: name → values."""
        axes = {"reading": self.readings, "condition": self.conditions, **self.grid, "seed": self.seeds}
        return {name: values for name, values in axes.items() if not self.sample or name not in self.sample.of}

    def _all(self) -> Iterator[Combination]:
        draws, axes = self.sample.draws() if self.sample else [{}], self._axes()
        for draw in draws:
            for values in itertools.product(*axes.values()):
                chosen = draw | dict(zip(axes, values, strict=True))
                reading, condition = chosen.pop("reading"), chosen.pop("condition")
                try:
                    config = configure(Config().change(**self.base, **chosen), reading, condition)
                    refuse_too_large(config)
                except OptionError as error:
                    yield Combination(reading, condition, chosen, None, str(error))
                else:
                    yield Combination(reading, condition, chosen, config)


def read_sweep(path: Path | str) -> Sweep:
    """Return the sweep that a TOML file declares; `mirror_core.studies.sweeps` shows one.

    Raises
    ------
    OptionError
        If the file is missing or is no TOML, or for what `Sweep` refuses; names the file.
    """
    content = read_toml(Path(path))
    try:
        return _sweep(content)
    except OptionError as error:
        raise OptionError(f"{path}: {error}") from error


def _sweep(content: dict[str, Any]) -> Sweep:
    """Return the sweep in a file's content."""
    content = _known("key", content, Sweep)
    for name in ("base", "grid"):
        _table(name, content.get(name, {}))
    if "sample" in content:
        sample = _known("key of [sample]", _table("sample", content["sample"]), Sample)
        for name in ("size", "of"):
            if name not in sample:
                raise OptionError(f"[sample] lacks {name}.")
        axes = _table("sample.of", sample["of"])
        content["sample"] = Sample(**sample | {"of": {name: _axis(name, axis) for name, axis in axes.items()}})
    if isinstance(seeds := content.get("seeds"), dict):
        if seeds.keys() != {"first", "count"}:
            raise OptionError("seeds must be a list of whole numbers, or { first = …, count = … }.")
        whole("seeds.first", seeds["first"], 0)
        whole("seeds.count", seeds["count"], 1, MOST)
        content["seeds"] = list(range(seeds["first"], seeds["first"] + seeds["count"]))
    return Sweep(**content)


def _known(kind: str, content: dict[str, Any], cls: type) -> dict[str, Any]:
    allowed = [f.name for f in fields(cls)]
    for name in content:
        if name not in allowed:
            raise unknown(kind, name, allowed)
    return content


def _table(name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise OptionError(f"{name} must be a table, [{name}], not {value!r}.")
    return value


def _axis(name: str, axis: object) -> object:
    """Return a list as it is, and a table as the range that it describes."""
    if not isinstance(axis, dict):
        return axis
    for needed in ("low", "high"):
        if needed not in axis:
            raise OptionError(f"the range of {name} lacks {needed}.")
    return Range(**_known(f"key in the range of {name}", axis, Range))


def _check_axes(where: str, axes: Mapping[str, object]) -> None:
    """Raise `OptionError` unless each axis has values and each value is possible by itself."""
    for name, axis in axes.items():
        if name in _READING_DECIDES:
            raise OptionError(f"{where}: {name} is what a reading decides; choose readings instead.")
        if isinstance(axis, Range):
            values = axis.ends(whole_number=_is_whole(name))
        elif isinstance(axis, str) or not isinstance(axis, Sequence):
            kinds = " or a range { low = …, high = … }" if where == "sample.of" else ""
            raise OptionError(f"{where}: {name} = {axis!r} is not allowed: it must be a list of values{kinds}.")
        else:
            values = axis
        if not values:
            raise OptionError(f"{where}: the list of {name} is empty.")
        for value in values:
            _check_value(where, name, value)


def _check_value(where: str, name: str, value: object) -> None:
    try:
        if name in ("reading", "condition"):
            one_of(name, value, READINGS if name == "reading" else CONDITIONS)
        else:
            # against the paper's configuration: what a value is combined with is looked at one by one, later
            refuse_too_large(Config().change(**{name: value}))
    except OptionError as error:
        raise OptionError(f"{where}: {error}") from error


def _is_whole(name: str) -> bool:
    """Return whether a setting takes whole numbers only."""
    if name in LABELS:
        return name == "seed"
    value = DEFAULTS.get(name)
    return isinstance(value, int) and not isinstance(value, bool)
