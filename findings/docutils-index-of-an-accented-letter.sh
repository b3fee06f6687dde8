#!/bin/sh
# docutils typesets LaTeX as MathML. An index after an accented letter, as in \hat{s}_t, is put below the letter, as a
# limit (munderover), and not beside it (msub), inline and displayed, also with braces around the letter: {\hat{s}}_t.
# With an empty group within these braces, {\hat{s}{}}_t, it comes beside it.
# Seen with docutils 0.21.2.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet docutils==0.21.2 2> "$folder/pip.log" || { cat "$folder/pip.log" >&2; exit 1; }
"$folder/env/bin/python" - <<'PY'
import re

import docutils
from docutils.utils.math.latex2mathml import tex2mathml

found = {}
for latex in (r"\hat{s}_t", r"{\hat{s}}_t", r"{\hat{s}{}}_t"):
    found[latex] = re.search("<(munderover|msub)>", tex2mathml(latex))[1]
    print(f"docutils {docutils.__version__}: {latex} is a {found[latex]}")
assert list(found.values()) == ["munderover", "munderover", "msub"], "the behaviour has changed"
PY
