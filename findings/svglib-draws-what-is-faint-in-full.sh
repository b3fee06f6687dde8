#!/bin/sh
# A vector figure in which strength is shown by `opacity` (how active a unit is, say) comes out of svglib with every mark in full
# strength: the attribute, the same in `style`, and that of a group are passed over without a word. `fill-opacity` and
# `stroke-opacity` are kept, so one picture may have both. fpdf2 draws all of them as a browser does. The project makes its
# films' PDF with fpdf2, and a test asks for one without a complaint.
# Seen with svglib 2.3.2 and fpdf2 2.8.9.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet svglib==2.3.2 fpdf2==2.8.9 2> "$folder/pip.log" || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python - <<'PY'
import io
import re
from importlib.metadata import version

from fpdf import FPDF
from fpdf.svg import SVGObject
from reportlab.graphics import renderPDF
from svglib.svglib import svg2rlg

CELLS = {
    "attribute": '<rect width="9" height="9" opacity="0.25"/>',
    "style": '<rect width="9" height="9" style="opacity: 0.25"/>',
    "group": '<g opacity="0.25"><rect width="9" height="9"/></g>',
    "fill": '<rect width="9" height="9" fill-opacity="0.25"/>',
}


def strengths(pdf):
    """The strengths of what is filled that a PDF sets."""
    return {float(one) for one in re.findall(rb"/ca ([\d.]+)", pdf)}


found = {}
for name, cell in CELLS.items():
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{cell}</svg>'
    by_fpdf = FPDF()
    by_fpdf.add_page()
    by_fpdf.set_compression(False)
    SVGObject(svg).draw_to_page(by_fpdf)
    by_svglib = renderPDF.drawToString(svg2rlg(io.BytesIO(svg.encode())))
    found[name] = 0.25 in strengths(by_svglib), 0.25 in strengths(bytes(by_fpdf.output()))
print(f"kept by svglib {version('svglib')}, by fpdf2 {version('fpdf2')}: {found}")
assert all(by_fpdf for _, by_fpdf in found.values()), "the behaviour has changed"
assert [by_svglib for by_svglib, _ in found.values()] == [False, False, False, True], "the behaviour has changed"
PY
