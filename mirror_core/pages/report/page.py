"""The report as one HTML page that needs nothing else: no script, no other file, no network."""

from __future__ import annotations

import base64
import io
from html import escape

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.backends.backend_svg import FigureCanvasSVG

from mirror_core import __version__
from mirror_core.pages.report.drawing import PICTURES, Picture, figure
from mirror_core.pages.report.text import method, shown, subject
from mirror_core.studies.report.results import Report, Section, in_words_of
from mirror_core.studies.wording import counted

CSS = """
:root { color-scheme: light dark; --text: #222; --soft: #595959; --back: #fff; --card: #f5f5f3; --line: #d8d8d4; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e6e6; --soft: #b0b0b0; --back: #17191c; --card: #22252a; --line: #3c4046; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 54rem; background: var(--back); color: var(--text);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
.verdict { border-left: .25rem solid #009e73; background: var(--card); padding: .8rem 1rem; font-weight: 600; }
.soft, figcaption, footer { color: var(--soft); font-size: .92rem; }
nav ul { columns: 2 18rem; padding-left: 1.1rem; }
a { color: inherit; }
figure { margin: 1.2rem 0; overflow-x: auto; }
figure img { display: block; width: 47.5rem; min-width: 34rem; max-width: 100%; height: auto; background: #fff;
  border-radius: .3rem; padding: .3rem; }
figure img.narrow { width: 29rem; min-width: 0; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: .86rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem .3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
details summary { cursor: pointer; }
@media (max-width: 40rem) { figure img { max-width: none; } }
@media print { details { display: none; } }
"""


def as_page(report: Report) -> str:
    """Return the whole report as HTML."""
    title = f"Mirror units in {report.name}?"
    sections = list(report.sections.values())
    links = "".join(f'<li><a href="#{s.name}">{escape(s.title)}</a></li>' for s in sections)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{CSS}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
<p class="verdict">{escape(report.reading.verdict)}</p>
<p class="soft">{escape(subject(report))}. {escape(method(report).capitalize())}.</p>
{_list("How it was read, and what was left out", report.recordings.notes)}
</header>
<main>
{_list("What this says", report.reading.says)}
{_list("What this does not say", report.reading.does_not_say)}
<nav aria-label="Contents"><ul>{links}<li><a href="#units">Every unit</a></li></ul></nav>
{"".join(_section(report, section) for section in sections)}
<section id="units">
<h2>Every unit</h2>
<details><summary>Show the table ({counted(len(report.units), "unit")})</summary>
{_table(report.units, "every unit")}
</details>
</section>
</main>
<footer><p>Made by mirror_core {escape(__version__)}: <code>mirror analyse</code>. The same recordings and settings
give the same page.</p></footer>
</body>
</html>
"""


def _section(report: Report, section: Section) -> str:
    if section.table is None:
        body = f"<p><strong>Skipped:</strong> {escape(section.skipped)}</p>"
    else:
        pictures = "".join(_figure(report, p, i) for i, p in enumerate(PICTURES) if p.section == section.name)
        notes = "".join(f"<p>{escape(note)}</p>" for note in section.notes)
        body = f"<p>{escape(section.explanation)}</p>{pictures}{_table(section.table, section.title)}{notes}"
    return f'<section id="{section.name}">\n<h2>{escape(section.title)}</h2>\n{body}\n</section>\n'


def _figure(report: Report, picture: Picture, number: int) -> str:
    """Draw a figure into the page itself, on white in either theme."""
    drawn = figure(picture, report)
    narrow = ' class="narrow"' if drawn.get_figwidth() < 6 else ""
    buffer = io.BytesIO()
    try:
        with plt.style.context(["default", {"svg.fonttype": "path", "svg.hashsalt": f"mirror_core {number}"}]):
            FigureCanvasSVG(drawn).figure.set_dpi(72)  # as an SVG has it
            drawn.get_layout_engine().execute(drawn)
            drawn.set_layout_engine(None)  # saving a figure that has one draws it twice
            drawn.savefig(buffer, format="svg", metadata={"Date": None})
    finally:
        plt.close(drawn)
    content = base64.b64encode(buffer.getvalue()).decode()
    alt, caption = (escape(in_words_of(report.recordings, said)) for said in (picture.alt, picture.caption))
    return (
        f'<figure><img{narrow} alt="{alt}" src="data:image/svg+xml;base64,{content}">'
        f"<figcaption>{caption}</figcaption></figure>\n"
    )


def _table(table: pd.DataFrame, label: str) -> str:
    html = shown(table).to_html(index=False, border=0, escape=True)
    # a region that scrolls must be reachable from the keyboard
    return f'<div class="table" role="region" tabindex="0" aria-label="{escape(label)}">{html}</div>\n'


def _list(title: str, sentences: tuple[str, ...]) -> str:
    if not sentences:
        return ""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f"<h2>{escape(title)}</h2>\n<ul>{items}</ul>\n"
