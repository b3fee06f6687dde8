"""The page of the main result: how many mirror-like units there are, and whether chance explains them."""

import numpy as np
import pandas as pd
import xarray as xr
from IPython.display import HTML

from mirror_core.arrays import MODES
from mirror_core.checks import whole
from mirror_core.config.paper import LARGEST, STRONG
from mirror_core.pages.publishing.files import NetcdfFile
from mirror_core.pages.tables import cell, show, statement
from mirror_core.recordings.chosen import both_modes
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.runs.kept import analyse_runs
from mirror_core.studies.grid import Grid, shares_table
from mirror_core.studies.measures.base import CORRELATION, SHARE
from mirror_core.studies.measures.decoding import DECODER_NAMES, TRANSFERS
from mirror_core.studies.measures.nulls import CORRECTIONS, NULL_NAMES, passing_units
from mirror_core.studies.measures.shares import HEADLINE
from mirror_core.studies.wording import against, counted, listed, sentence, span, under_readings, with_interval


def headline_table(shared: xr.Dataset) -> HTML:
    """Show the paper's numbers beside ours, raw and timestep-centred, for the main experiment."""
    table = shares_table(shared.r)
    paper = {q.label: f"{span(q.reported)}<br><small>seed 42: {q.reported.as_printed}</small>" for q in HEADLINE}
    rows = [{"reading": "<b>paper</b>", "r": "raw"} | paper]
    for (reading, centring), one in table.groupby(["reading", "centring"], sort=False):
        row = {"reading": reading, "r": centring}
        for what in HEADLINE:
            row[what.label] = cell(one[what.name], what.limits, what.digits)
            if centring == "raw":
                row[what.label] += f"<br><small>{against(one[what.name], what.reported).removesuffix(' from')}</small>"
        rows.append(row)
    networks = counted(table.seed.nunique(), "network")
    title = f"Main experiment (shared core), {networks} for each reading; third line: against the paper's"
    return show(pd.DataFrame(rows), title)


def finding(shared: xr.Dataset) -> HTML:
    """Say in plain words, then in numbers, where the paper's main number appears and where it does not.

    The rule: see `mirror_core.studies.wording.against`; what is within the paper's range or not distinguishable from it
    is "about as many".
    """
    table = shares_table(shared.r.sel(centring="raw"))
    parts, largest, by_place = [], [], {}
    for reading, one in table.groupby("reading", sort=False):
        place = against(one.strong, STRONG)
        by_place.setdefault(_AMOUNTS[place], []).append(reading)
        parts.append(f"{with_interval(one.strong, SHARE)} under {reading}, {place} the paper's {span(STRONG)}")
        largest.append(f"{with_interval(one.largest, CORRELATION)} under {reading}")
    n = table.seed.nunique()
    networks = f"means over {n} networks with 95 % intervals" if n > 1 else "one network"
    readings = [reading for found in by_place.values() for reading in found]
    (amount, found), *others = by_place.items()
    than = "as" if amount.endswith("many") else "than"
    plain = [f"{under_readings(found, readings)}, networks have {amount} strong mirror units {than} the paper reports"]
    plain += [f"{under_readings(found, readings)}, {amount}" for amount, found in others]
    return statement(
        sentence("; ".join(plain)),
        f"The share of units with r > .75 is {'; it is '.join(parts)}. The largest r of a network is "
        f"{listed(largest)}, where the paper reports {LARGEST.as_printed} ({networks}).",
    )


_AMOUNTS = {
    "below": "fewer",
    "within": "about as many",
    "not distinguishable from": "about as many",
    "above": "more",
}
"""Where the share lies against the paper's → how many strong mirror units that is."""


def significance_table(grid: Grid, n_seeds: int, n_test: int, n_permutations: int) -> HTML:
    """Show how many units pass each test under each correction, with a shared core and with separate cores.

    A unit passes if its two-sided p is at most .05; the intervals are over networks, those of the first `n_seeds`
    seeds.
    """
    whole("n_seeds_tested", n_seeds, 1)
    tested = sorted({seed for _, _, seed in grid})[:n_seeds]
    grid = {key: run for key, run in grid.items() if key[2] in tested}
    found = analyse_runs(passing_units, list(grid.values()), n_test=n_test, n_permutations=n_permutations)
    networks: dict[tuple[str, str], list[dict[str, dict[str, float]]]] = {}
    for (reading, condition, _), passed in zip(grid, found, strict=True):
        networks.setdefault((reading, condition), []).append(passed)
    rows = [
        {"null": said, "reading": reading, "condition": condition}
        | {title: cell([one[null][name] for one in of_group], SHARE) for name, title in CORRECTIONS.items()}
        for null, said in NULL_NAMES.items()
        for (reading, condition), of_group in networks.items()
    ]
    return show(
        pd.DataFrame(rows),
        f"Share of units with two-sided p ≤ .05, {n_permutations:,} draws of each null, networks: {len(tested)} each",
    )


def decoder_table(shared: xr.Dataset) -> HTML:
    """Show decoding within and across modes with every linear decoder, and in how many networks it is the same code.

    Two unrelated codes send each action of one mode to some action of the other, and now and then to the right one.
    So a transfer counts if its accuracy is among the best 5 % of all relabellings of the actions.
    """
    n = shared.sizes["seed"]
    rows = []
    for reading in shared.reading.values:
        for decoder in shared.decoder.values:
            row = {"reading": reading, "decoder": DECODER_NAMES[decoder]}
            for train, test in TRANSFERS:
                one = shared.sel(reading=reading, decoder=decoder, train_mode=train, test_mode=test)
                row[f"{train} → {test}"] = cell(one.accuracy.values, SHARE)
                if train != test:
                    row[f"{train} → {test}"] += f"<br><small>{int((one.same_code_p <= 0.05).sum())} of {n}</small>"
            rows.append(row)
    title = "Decoding accuracy; below, the networks in which it beats relabelled actions (p ≤ .05)"
    return show(pd.DataFrame(rows), title)


STEP = 2.0**-9
"""To which activations are rounded in files: r changes by less than .001, and three recordings have 3 MB."""


def headline_recordings(grid: Grid, seed: int, n_test: int) -> dict[str, NetcdfFile]:
    """Return the recording of the main experiment's network of a seed under each reading, as files to take along.

    Returns
    -------
    dict
        Name of the file → NetCDF with `perform` and `observe` (sequence, time, unit) and `actions` (sequence, time), as
        `mirror analyse` reads them.
    """
    found = {}
    for (reading, condition, one), run in grid.items():
        if condition != "shared" or one != seed:
            continue
        episodes = heldout_episodes(run.config, n_test)
        modes = dict(zip(MODES, both_modes(record(run.network, episodes)), strict=True))
        dims = ("sequence", "time", "unit")
        arrays = {mode: (dims, np.asarray(activity), {"units": "1"}) for mode, activity in modes.items()}
        actions = (dims[:2], episodes.actions.astype("i2"), {"long_name": "action taken"})
        about = {"title": f"One shared core under {reading}", "run": run.fingerprint, "seed": seed}
        packed = {"dtype": "i2", "scale_factor": STEP, "_FillValue": -(2**15), "zlib": True, "complevel": 9}
        dataset = xr.Dataset({**arrays, "actions": actions}, attrs=about)
        encoding = dict.fromkeys(modes, packed) | {"actions": {"zlib": True}}
        found[f"recording-{reading}"] = NetcdfFile(bytes(dataset.to_netcdf(engine="h5netcdf", encoding=encoding)))
    return found
