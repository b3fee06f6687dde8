#!/bin/sh
# The same rates, NaN where a trial has none, and the same SQL: DuckDB takes NaN for NULL and leaves it out if the table
# is of pandas, of NumPy arrays, or a Parquet file by pandas. From Arrow, polars, or a Parquet file by polars NaN stays,
# and is the greatest number: of 1, 2, 3, NaN, NaN the median is 2 or 3, the count 3 or 5, and "rate > 100" holds for
# none or two. So which trials a selection or a median has depends on the library that held the table. DuckDB documents
# how NaN is ordered; that containers differ is said in its issues only.
# Seen with DuckDB 2.0.1, pandas 3.1.1, polars 2.1.0, pyarrow 26.0.1 (NumPy 2.4.6).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet duckdb==2.0.1 pandas==3.1.1 polars==2.1.0 pyarrow==26.0.1 numpy==2.4.6 2> "$folder/pip.log" \
    || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
import warnings
from importlib.metadata import version

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

rates = {"rate": np.array([1, 2, 3, np.nan, np.nan])}
tables = {"NumPy": rates, "pandas": pd.DataFrame(rates), "Arrow": pa.table(rates), "polars": pl.DataFrame(rates)}
tables["pandas"].to_parquet("pandas.parquet")
tables["polars"].write_parquet("polars.parquet")
tables |= {f"Parquet by {name}": duckdb.read_parquet(f"{name}.parquet") for name in ("pandas", "polars")}
found = {}
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for name, rows in tables.items():
        found[name] = duckdb.sql("SELECT median(rate), count(rate), count(*) FILTER (rate > 100) FROM rows").fetchall()[0]
print(f"DuckDB {version('duckdb')} (median, count, above 100): {found}; {len(said)} warnings")
without = {name for name, values in found.items() if values == (2, 3, 0)}
assert without == {"NumPy", "pandas", "Parquet by pandas"} and not said, "the behaviour has changed"
assert all(found[name] == (3, 5, 2) for name in set(found) - without), "the behaviour has changed"
PY
