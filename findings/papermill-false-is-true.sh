#!/bin/sh
# papermill's -p guesses a value's type by Python's spelling alone, although -y and -f, beside it, read YAML: `-p shuffle
# false` gives the notebook the text "false", which is true in an `if`, also where the parameters cell says `shuffle: bool =
# True`; False is a Boolean. Of numbers 1e5 is one by -p, and a text by -y, which takes 12:30 for 750. Nothing warns of
# either.
# Seen with papermill 2.7.0.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet papermill==2.7.0 nbformat==5.11.1 2> "$folder/pip.log" \
    || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
import subprocess
from importlib.metadata import version

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

cell = new_code_cell("shuffle: bool = True\nvalue = 0", metadata={"tags": ["parameters"]})
kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
nbformat.write(new_notebook(cells=[cell], metadata=kernel), "page.ipynb")


def given(*options):
    """Return the names that papermill's own cell sets."""
    command = ["env/bin/papermill", "--prepare-only", "page.ipynb", "out.ipynb", *options]
    subprocess.run(command, check=True, capture_output=True)
    names = {}
    exec(nbformat.read("out.ipynb", 4).cells[1].source, names)
    return names


flags = {spelt: given("-p", "shuffle", spelt)["shuffle"] for spelt in ("false", "False")}
by_p, by_y = given("-p", "value", "1e5")["value"], given("-y", "value: 1e5")["value"]
clock = given("-y", "value: 12:30")["value"]
print(f"papermill {version('papermill')}: -p shuffle {flags}; 1e5 is {by_p!r} by -p, {by_y!r} by -y; 12:30 by -y is {clock!r}")
assert flags == {"false": "false", "False": False} and bool(flags["false"]), "the behaviour has changed"
assert (by_p, by_y, clock) == (100000.0, "1e5", 750), "the behaviour has changed"
PY
