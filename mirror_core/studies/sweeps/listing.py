"""The runs of a store, as a table."""

from collections.abc import Mapping

import pandas as pd

from mirror_core.checks import OptionError
from mirror_core.config.conditions import CONDITIONS, READINGS, Variant
from mirror_core.config.settings import Config, flat
from mirror_core.runs.store import RunStore
from mirror_core.studies.sweeps.kept_rows import RowStore

COLUMNS = ("run", "reading", "condition", "seed", "seconds", "date", "kept")


def listing(store: RunStore) -> pd.DataFrame:
    """Return the runs that a store keeps, the oldest first, whichever version of the code made them.

    Returns
    -------
    pandas.DataFrame
        `run` (fingerprint), `reading`, `condition`, `seed`, `seconds` of training, `date` (UTC) and what is `kept`:
        weights, measures, both, or an entry that is damaged.
    """
    found: dict[str, dict] = {}
    for name, about in store.entries():
        if about is None:
            found[name] = {"run": name, "kept": "damaged"}
        else:
            found[name] = _about(name, about["config"], about["provenance"]) | {"kept": "weights"}
    for row in RowStore(store).rows():
        one = found.setdefault(row.run, _about(row.run, row.config, row.provenance) | {"kept": "measures"})
        if one["kept"] == "weights":
            one["kept"] = "weights, measures"
    table = pd.DataFrame(list(found.values()), columns=list(COLUMNS)).astype({"seed": "Int64"})
    return table.sort_values(["date", "run"], na_position="last", ignore_index=True)


def _about(name: str, config: dict, provenance: dict) -> dict:
    reading, condition = labels(config)
    date = provenance["started"][:16].replace("T", " ")
    return {
        "run": name, "reading": reading, "condition": condition, "seed": config["seed"],
        "seconds": provenance["seconds"], "date": date,
    }  # fmt: skip


def labels(values: dict) -> tuple[str, str]:
    """Return the reading and the condition that ask for the most of what a configuration has.

    A run of an older version, whose settings are not known now, has neither: "?".
    """
    try:
        settings = flat(Config.from_dict(values))
    except (OptionError, KeyError, TypeError):
        return "?", "?"

    def best(variants: Mapping[str, Variant]) -> str:
        # a later setting that is not written has its default, which no variant changes it to
        fitting = [n for n, v in variants.items() if all(settings.get(k) == value for k, value in v.changes.items())]
        return max(fitting, key=lambda name: len(variants[name].changes))

    return best(READINGS), best(CONDITIONS)
