"""What a process made use of, networks, analyses and tables: noted in a file where a build asks, else nowhere."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from mirror_core.config.settings import DEFAULTS, Config, flat
from mirror_core.runs.files import digest_of_file

NOTES_VARIABLE = "MIRROR_CORE_NOTES"
"""Environment variable with the file of the notes."""


def changes(config: Config) -> dict[str, Any]:
    """Return the settings of a configuration that are not the defaults, by name."""
    return {name: value for name, value in flat(config).items() if value != DEFAULTS[name]}


def note_runs(runs: dict[str, Config]) -> None:
    """Note which networks were asked for.

    Parameters
    ----------
    runs
        Fingerprint → configuration.
    """
    if os.environ.get(NOTES_VARIABLE):
        _note({"runs": {name: changes(config) for name, config in runs.items()}})


def note_analysis(function: Callable[..., Any], of: int) -> None:
    """Note an analysis by its module and name, with what it says of itself, and of how many things."""
    if os.environ.get(NOTES_VARIABLE):
        said = (inspect.getdoc(function) or "").partition("\n")[0]
        _note({"analysis": f"{function.__module__}.{function.__qualname__}", "says": said, "of": of})


def note_table(path: Path) -> None:
    """Note that a table which comes with the checkout is read, and what is in it."""
    if os.environ.get(NOTES_VARIABLE):
        _note({"table": path.name, "digest": digest_of_file(path)})


def read_notes(path: Path) -> dict[str, Any]:
    """Return what was noted.

    Returns
    -------
    dict
        `runs`: a list of groups that differ by seed alone, with `changes` to the default configuration and `seeds`,
        seed → fingerprint; `analyses`: name → `says` and `of`, the most things that it was made of at once; `tables`:
        name → SHA-256 when it was read.
    """
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    groups: dict[str, dict[str, Any]] = {}
    analyses: dict[str, dict[str, Any]] = {}
    tables: dict[str, str] = {}
    for line in map(json.loads, lines):
        for name, changed in line.get("runs", {}).items():
            seed = changed.pop("seed", DEFAULTS["seed"])
            group = groups.setdefault(json.dumps(changed, sort_keys=True), {"changes": changed, "seeds": {}})
            group["seeds"][str(seed)] = name
        if "analysis" in line:
            one = analyses.setdefault(line["analysis"], {"says": line["says"], "of": 0})
            one["of"] = max(one["of"], line["of"])
        if "table" in line:
            tables.setdefault(line["table"], line["digest"])
    return {"runs": list(groups.values()), "analyses": analyses, "tables": tables}


def seeds_said(seeds: Sequence[int]) -> str:
    """Say which seeds there are, with runs of neighbours as ranges.

    Examples
    --------
    >>> seeds_said([44, 42, 43, 50])
    '42–44, 50'
    """
    parts: list[list[int]] = []
    for seed in sorted(seeds):
        if parts and seed == parts[-1][-1] + 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return ", ".join(f"{part[0]}–{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)


def _note(what: dict[str, Any]) -> None:
    # one write of one line: those of several processes do not mix; a worker may outlive the folder of the notes
    with suppress(FileNotFoundError), open(os.environ[NOTES_VARIABLE], "a", encoding="utf-8") as file:
        file.write(json.dumps(what) + "\n")
