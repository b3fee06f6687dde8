#!/bin/sh
# A null of 99 shuffles, one task each, through an Executor of concurrent.futures: every submit() is a call. The
# executor of a Dask client, which the docstring of get_executor() calls fully compatible, and client.submit and
# client.map take the same function of the same data to have the same result: they compute it once and hand it out 99
# times. The null is one number, p is 0.01 or 1 whatever the data are, and nothing warns; ten trainings that draw their
# own seeds are one training. Dask's page on the client says that functions are taken for pure, get_executor's docstring
# does not. get_executor(pure=False), as in the project, or a seed among the arguments mends it.
# Seen with distributed 2026.8.0 and dask 2026.8.0 (NumPy 2.4.6).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet distributed==2026.8.0 dask==2026.8.0 numpy==2.4.6 2> "$folder/pip.log" \
    || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
import warnings
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import numpy as np
from dask.distributed import Client

perform, observe = np.random.default_rng(0).standard_normal((2, 30))
SHUFFLES = 99


def shuffled(one, other):
    """Return r once the trials of one mode are shuffled, another way at each call."""
    return float(np.corrcoef(np.random.default_rng().permutation(one), other)[0, 1])


def null(submit):
    futures = [submit(shuffled, perform, observe) for _ in range(SHUFFLES)]
    return np.array([future.result() for future in futures])


def of_dask(how):
    """Return the null by a client of its own."""
    with Client(processes=False, n_workers=1, threads_per_worker=2, dashboard_address=None) as client:
        if how == "submit":
            return null(client.submit)
        if how == "map":
            return np.array(client.gather(client.map(shuffled, [perform] * SHUFFLES, [observe] * SHUFFLES)))
        with client.get_executor(**({"pure": False} if how == "executor, pure=False" else {})) as executor:
            return null(executor.submit)


with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    with ThreadPoolExecutor(2) as executor:
        nulls = {"ThreadPoolExecutor": null(executor.submit)}
    nulls |= {f"Dask {how}": of_dask(how) for how in ("executor, pure=False", "executor", "submit", "map")}
r = np.corrcoef(perform, observe)[0, 1]
values = {name: len(np.unique(drawn)) for name, drawn in nulls.items()}
p = {name: float((1 + np.sum(drawn >= r)) / (1 + SHUFFLES)) for name, drawn in nulls.items()}
ours = [str(one.message) for one in said if "pure" in str(one.message).lower()]
print(f"distributed {version('distributed')}: of {SHUFFLES} shuffles, different values (and p); {len(ours)} warnings of it")
for name, number in values.items():
    print(f"{name}: {number} ({p[name]:.2f})")
assert values.pop("ThreadPoolExecutor") == values.pop("Dask executor, pure=False") == SHUFFLES and not ours
assert set(values.values()) == {1}, "the behaviour has changed"
assert all(p[name] in (0.01, 1) for name in values), "the behaviour has changed"
PY
