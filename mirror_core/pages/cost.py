"""The page of what networks cost: ours against a plain loop, what the cost grows with, and very many on paper."""

import numpy as np
import pandas as pd
from IPython.display import HTML

from mirror_core.config.settings import Config, flat
from mirror_core.pages.tables import show, statement
from mirror_core.studies.costs.measured import MOST_OTHERS, Measured
from mirror_core.studies.costs.scale import RunCost, slope, sweep_seconds, throughput_ratios
from mirror_core.studies.select import where
from mirror_core.studies.wording import counted, duration, listed, times

SETTINGS = {"hidden_size": "units H", "sequence_length": "timesteps T", "batch_size": "batch size"}
PAPERS = {name: flat(Config())[name] for name in SETTINGS}
"""The paper's values of the settings that grow."""


def ratios(measured: Measured, hidden_size: int) -> np.ndarray:
    """Return how many times as long as ours a plain loop takes, as-written, within each turn."""
    table = measured.parts["training"]
    one = where(table, reading="as-written", hidden_size=hidden_size)
    wide = one.pivot(index="turn", columns="way", values="seconds")
    return (wide["plain"] / wide["ours"]).to_numpy()


def ratio_words(measured: Measured) -> dict[int, str]:
    """Return number of units → how many times faster ours is than the plain loop."""
    found = [int(value) for value in dict.fromkeys(measured.parts["training"].hidden_size)]
    return {value: f"{times(ratios(measured, value)).replace(' (', chr(10) + '(')}" for value in found}


def finding(measured: Measured, cost: RunCost, reading: str) -> HTML:
    """Say what a network costs, and whether a plain loop costs more; then how much more, and what very many would.

    The rule: faster (slower) than a plain loop, if that takes longer (less long) in every turn.
    """
    slower = ratios(measured, PAPERS["hidden_size"])
    beside = "faster than" if slower.min() > 1 else "slower than" if slower.max() < 1 else "about as fast as"
    took = duration(_whole(measured).median())
    return statement(
        f"Training one network of the paper's size takes {took} of one processor core, {beside} a plain PyTorch loop.",
        f"On {measured.about['machine']['processor']}, training one network takes {took} on one core; a plain "
        f"torch.nn.GRU loop takes {times(slower)} as long. With measuring and keeping it, a network under {reading} "
        f"costs {duration(cost.total)} of one core, so that 10,000 networks take "
        f"{duration(sweep_seconds(cost, 10**4, 1))} on one core, and a million would take "
        f"{duration(sweep_seconds(cost, 10**6, 100))} on a hundred."
        + ("" if measured.idle else " The machine was busy with other things meanwhile: these times are too long."),
    )


def _whole(measured: Measured) -> pd.Series:
    """Return the seconds of training one network of the paper's size as-written, ours, in every turn."""
    size = PAPERS["hidden_size"]
    return where(measured.parts["training"], reading="as-written", hidden_size=size, way="ours").seconds


def disturbance(measured: Measured) -> HTML:
    """Say whether the machine was left alone, by the rule of `mirror_core.studies.costs.measured.MOST_OTHERS`."""
    load, others = measured.watch.load.iloc[0], measured.others
    found = f"others kept {others:.2f} cores busy on average (load average at the start: {load:.1f})"
    words = [f"While this was measured, {found}; at most {MOST_OTHERS:g} counts as idle."]
    if not measured.idle:
        words = [f"<strong>The machine was not idle:</strong> {found}. Times are too long; ratios suffer less."]
    if measured.about["tiny"]:
        words.append("<strong>Made with --tiny: these numbers mean nothing.</strong>")
    return HTML(f"<p>{' '.join(words)}</p>")


def machine(measured: Measured) -> HTML:
    """Show what the numbers were measured on and with."""
    about, it = measured.about, measured.about["machine"]
    rows = {
        "processor": f"{it['processor']}, {it['cores']} cores; one thread",
        "memory": f"{it['memory_gib']} GiB",
        "file system": it["disk"],
        "system": it["system"],
        "versions": f"Python {it['python']}, " + ", ".join(f"{name} {value}" for name, value in it["packages"].items()),
        "GPU": "none was measured" if "device" not in measured.parts else about["device"],
        "date": about["date"],
        "command": f"<code>{about['command']}</code>",
    }
    return show(pd.DataFrame({"": list(rows), "measured with": list(rows.values())}))


# -- growth --


def growth_tables(measured: Measured) -> dict[str, pd.DataFrame]:
    """Return what `mirror_core.figures.cost.growth` draws."""
    parts = measured.parts
    settings = parts["growth"].rename(columns={"value": "x", "seconds": "y"}).groupby("setting")
    one: dict[str, pd.DataFrame] = dict(list(settings))
    for name, y in (("networks", "seconds"), ("workers", "networks_per_minute")):
        one[name] = parts[name].rename(columns={name: "x", y: "y"}).assign(way="ours")
    listing = parts["listing"]
    one["listing"] = listing[listing.action == "list"].rename(columns={"entries": "x", "seconds": "y"})
    return one


def slopes(measured: Measured) -> HTML:
    """Show the exponents of growth below and above the paper's value, ours and plain, and the ratio on the way."""
    rows, tables = [], growth_tables(measured)
    for setting, words in SETTINGS.items():
        table = tables[setting]
        medians = table.groupby(["way", "x"]).y.median()
        ratio = medians["plain"] / medians["ours"]
        row = {"what grows": words, "from – to": f"{table.x.min()} – {table.x.max()}"}
        for way in ("ours", "plain"):
            row[f"{way}, up to the paper's"] = _slope(medians[way], None, PAPERS[setting])
            row[f"{way}, from there"] = _slope(medians[way], PAPERS[setting], None)
        rows.append(row | {"plain / ours": f"{ratio.min():.1f} – {ratio.max():.1f}"})
    for name, words in (("networks", "networks in one process"), ("listing", "entries listed")):
        table = tables[name] if name == "networks" else where(tables[name], kind="rows")
        medians = table.groupby("x").y.median()
        row = dict.fromkeys(rows[0], "") | {"what grows": words, "ours, up to the paper's": _slope(medians, None, None)}
        rows.append(row | {"from – to": f"{medians.index[0]:,} – {medians.index[-1]:,}"})
    return show(pd.DataFrame(rows), "Exponents: 0 does not grow, 1 grows in proportion, 2 with the square")


def _slope(medians: pd.Series, low: float | None, high: float | None) -> str:
    """Return the exponent between two values; the ends where one is not given, "–" where one was not measured."""
    low, high = medians.index[0] if low is None else low, medians.index[-1] if high is None else high
    if low not in medians.index or high not in medians.index or low >= high:
        return "–"
    return f"{slope(low, high, medians[low], medians[high]):.2f}".replace("-", "−")


def workers_words(measured: Measured) -> HTML:
    """Say what more worker processes give, and what a sweep adds to training."""
    table, parts = measured.parts["workers"], []
    for many in sorted(set(table.workers) - {1}):
        found = throughput_ratios(table, many)
        parts.append(f"{many} worker processes train {times(found)} as many networks a minute as one")
    alone = table[table.workers == 1]
    share = 100 * alone.overhead.median() / _whole(measured).median()
    settings = measured.about["settings"]
    words = f"{listed(parts).capitalize()}. " if parts else "Only one worker process was measured. "
    return HTML(
        f"<p>{words}Beside training, a sweep spends {duration(alone.measuring.median())} a network on measuring it and "
        f"{duration(alone.overhead.median())} ({duration(alone.overhead.min())} to {duration(alone.overhead.max())}) "
        f"on looking it up, keeping it and handing out the next: {share:.1f} % of training one of the paper's size. "
        f"Measured with {settings['sweep_networks']} networks of {settings['sweep_epochs']} epochs a turn, in "
        f"{counted(len(alone), 'turn')}.</p>"
    )


def cores_words(measured: Measured) -> HTML:
    """Say which core is dearest and cheapest in ours, beside the GRU."""
    medians = measured.parts["cores"].groupby(["way", "core"], sort=False).seconds.median()
    dearer = (medians["ours"] / medians["ours"]["gru"]).drop("gru")
    faster = (medians["plain"] / medians["ours"]).drop("gru")
    return HTML(
        f"<p>An epoch of the GRU takes {duration(medians['ours']['gru'])}. The others take {_between(dearer)} times as "
        "long: only the GRU has a compiled trainer, the others learn by PyTorch's automatic differentiation. A plain "
        f"loop over the same core takes {_between(faster)} times as long as ours there.</p>"
    )


def _between(values: pd.Series) -> str:
    """Return the lowest and the highest, each with its name."""
    low, high = values.idxmin(), values.idxmax()
    return f"from {values[low]:.1f} ({low}) to {values[high]:.1f} ({high})"
