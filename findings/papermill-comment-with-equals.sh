#!/bin/sh
# papermill finds a notebook's parameters by reading the parameters cell as text. A typed parameter whose comment
# holds an equals sign, as in "first seed (n = 20)", is not found: --help-notebook does not list it, and passing it
# warns of an unknown parameter, although the value is injected and used. Without the sign, it is listed with its help.
# Seen with papermill 2.7.0.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet papermill==2.7.0 nbformat==5.10.4 2> "$folder/pip.log" || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python - <<'PY'
from importlib.metadata import version

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from papermill import inspect_notebook

source = 'seed: int = 42  # first seed (n = 20)\nsize: int = 96  # units of a core'
cell = new_code_cell(source, metadata={"tags": ["parameters"]})
kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
nbformat.write(new_notebook(cells=[cell], metadata=kernel), "page.ipynb")
found = inspect_notebook("page.ipynb")
print(f"papermill {version('papermill')} finds {sorted(found)} of ['seed', 'size']")
assert sorted(found) == ["size"], "the behaviour has changed"
PY
