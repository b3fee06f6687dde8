"""The page of the runs: every network behind the claims, how it was configured, and how, when and where it was
trained."""

from collections.abc import Mapping
from html import escape

import pandas as pd
from IPython.display import HTML

from mirror_core.config.conditions import CONDITIONS, READINGS
from mirror_core.pages.anchors import Key, group_anchor, run_anchor
from mirror_core.pages.tables import show, statement
from mirror_core.runs.store import Run
from mirror_core.studies.claims.statements import Claim
from mirror_core.studies.wording import counted, decimal, listed

_ABOUT = ("mirror_core", "python", "torch", "numpy", "numba", "processor", "platform")
"""What of a run's provenance describes the program and the machine."""


def environments(runs: Mapping[Key, Run]) -> pd.DataFrame:
    """Return the different programs and machines that trained the runs, each with a letter and its number of runs."""
    about = pd.DataFrame([{name: run.provenance.get(name) or "–" for name in _ABOUT} for run in runs.values()])
    found = about.value_counts(sort=True).rename("runs").reset_index()
    found.insert(0, "trained with", [_letter(i) for i in range(len(found))])
    return found


def _letter(i: int) -> str:
    return chr(ord("A") + i % 26) * (1 + i // 26)


def finding(runs: Mapping[Key, Run]) -> HTML:
    """Say how many networks there are, then what they cost, and on which processors."""
    trained = [run for run in runs.values() if run.config.training.trained != "nothing"]
    seconds = pd.Series([run.provenance["seconds"] for run in trained])
    readings, conditions = ({key[i] for key in runs} for i in (0, 1))
    places = len(environments(runs))
    started = sorted(run.provenance["started"][:10] for run in runs.values())
    days = started[0] if started[0] == started[-1] else f"{started[0]} to {started[-1]}"
    processors = sorted({escape(str(run.provenance.get("processor") or "an unknown processor")) for run in trained})
    return statement(
        f"The verdicts rest on {len(runs)} networks, each of which is listed here with how it was made.",
        f"{len(runs) - len(trained)} of them are untrained; there are {counted(len(conditions), 'condition')} under "
        f"{counted(len(readings), 'reading')}. Training took {decimal(seconds.sum() / 60, 0)} minutes of one core in "
        f"all (median of a network {decimal(seconds.median(), 1)} s, on {listed(processors)}), on {days}, with "
        f"{counted(places, 'combination')} of versions and machine. Times are those of this processor; "
        '<a href="cost.html">what a network costs</a> was measured on one of its own.',
    )


def environments_table(runs: Mapping[Key, Run]) -> HTML:
    """Show which programs and machines trained the runs."""
    return show(environments(runs))


def runs_tables(runs: Mapping[Key, Run], claims: list[Claim]) -> HTML:
    """Show every run, folded by reading and condition, with the claims that use it."""
    found = environments(runs)
    letters = {tuple(row[name] for name in _ABOUT): row["trained with"] for _, row in found.iterrows()}
    groups: dict[tuple[str, str], list[Run]] = {}
    for (reading, condition, _), run in runs.items():
        groups.setdefault((reading, condition), []).append(run)
    return HTML("".join(_group(*key, of_group, letters, claims) for key, of_group in groups.items()))


def _group(reading: str, condition: str, runs: list[Run], letters: dict[tuple, str], claims: list[Claim]) -> str:
    changes = dict(READINGS[reading].changes) | dict(CONDITIONS[condition].changes)
    changed = ", ".join(f"<code>{name} = {value}</code>" for name, value in changes.items()) or "none"
    used = ", ".join(
        f'<a href="claims.html#claim-{c.id}">{escape(c.title)}</a>' for c in claims if condition in c.conditions
    )
    rows = "".join(
        f'<tr id="{run_anchor(run.fingerprint)}"><td><code>{run.fingerprint}</code></td><td>{run.config.seed}</td>'
        f"<td>{run.provenance['seconds']:.1f}</td><td>{run.provenance['started'][:16].replace('T', ' ')}</td>"
        f"<td>{letters[tuple(run.provenance.get(name) or '–' for name in _ABOUT)]}</td></tr>"
        for run in runs
    )
    meaning = escape(CONDITIONS[condition].meaning)
    about = f"{meaning} Changes to the configuration: {changed}. Claims: {used or 'none'}."
    return (
        f'<details class="runs"><summary><strong>{condition}</strong> under {reading}: '
        f"{counted(len(runs), 'network')}</summary>"
        f'<p id="{group_anchor(reading, condition)}">{about}</p>'
        '<div class="scroll-table"><table class="table dataframe">'
        "<thead><tr><th>run</th><th>seed</th><th>seconds</th><th>date (UTC)</th>"
        f"<th>trained with</th></tr></thead><tbody>{rows}</tbody></table></div></details>"
    )
