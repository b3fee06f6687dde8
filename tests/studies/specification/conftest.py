"""A made table of the specification curve: declared as the real one, with numbers whose causes are known."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest

from mirror_core.config.settings import flat
from mirror_core.studies.data import DATA
from mirror_core.studies.specification.table import CONTROLS, CORES, GRU, PAPER
from mirror_core.studies.sweeps.kept_rows import COLUMNS
from mirror_core.studies.sweeps.plan import Sweep, read_sweep
from mirror_core.studies.sweeps.tables import joined

MIDDLE = {"as-written": 0.02, "self-observation": 0.3, "dual-readout": 0.65}
"""Mean share of strong mirror units under each reading, K and all else in the middle."""
PER_ACTION = 0.02
"""What one action more adds to it."""


def declared(name: str, size: int) -> Sweep:
    """Return a sweep of the checkout with a smaller sample."""
    sweep = read_sweep(DATA / f"{name}.toml")
    return replace(sweep, sample=replace(sweep.sample, size=size)) if sweep.sample else sweep


def made_table(n_gru: int = 240, n_cores: int = 120, n_controls: int = 20, seed: int = 0) -> pd.DataFrame:
    """Return a joined table in which only the reading and K move the share, and controls have none."""
    rng = np.random.default_rng(seed)
    tables = {}
    for name, size in ((GRU, n_gru), (CORES, n_cores), (PAPER, 0), (CONTROLS, n_controls)):
        sweep = declared(name, size)
        rows = []
        for one in sweep.combinations():
            strong = MIDDLE[one.reading] + PER_ACTION * (one.config.world.n_actions - 7) + 0.03 * rng.standard_normal()
            strong = float(np.clip(strong, 0, 1)) if one.condition == "shared" else 0.0
            values = dict.fromkeys(COLUMNS, 0.5) | {
                "strong_raw": strong,
                "moderate_raw": min(1, strong + 0.1),
                "largest_raw": 0.9 + 0.01 * rng.standard_normal(),
                "smallest_raw": -0.79 + 0.01 * rng.standard_normal(),
                "strong_passing_raw": strong / 2,
                "strong_mismatched_raw": strong / 10,
            }
            values |= {name: 0.001 for name in COLUMNS if name.endswith("_same_code_p")}
            rows.append(
                {"reading": one.reading, "condition": one.condition}
                | flat(one.config)
                | values
                | {"run": f"{len(rows):020x}", "seconds_training": 1.0, "seconds_measuring": 0.3}
            )
        tables[name] = pd.DataFrame(rows)
        made = {
            "first": "2026-01-01T10:00:00+00:00",
            "last": "2026-01-01T11:00:00+00:00",
            "processors": ["A processor"],
            "seconds": 1.3 * len(rows),
        }
        tables[name].attrs = {"sweep": asdict(sweep), "mirror_core": "1", "code": "c", "analysis": "a", "made": made}
    table = joined(tables)
    table.attrs["command"] = "mirror sweep"
    return table


@pytest.fixture(scope="session")
def made() -> pd.DataFrame:
    """Return the made table; not to be changed."""
    return made_table()
