"""The page that tests somebody else's network: the command's output, the tables of a report, and its files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from IPython.display import HTML

from mirror_core.pages.publishing.files import TextFile
from mirror_core.pages.report.notebook import finding_of, reading, run_command, scratch_folder, table
from mirror_core.pages.report.page import as_page
from mirror_core.studies.report.results import Report
from mirror_core.studies.wording import decimal

__all__ = ["finding", "glue_reports", "learned", "links", "reading", "run", "scratch_folder", "table"]


def learned(
    net: Any, perform: torch.Tensor, observe: torch.Tensor, test: tuple[torch.Tensor, torch.Tensor]
) -> tuple[str, str]:
    """Say how well a network does both tasks on the recorded episodes.

    Parameters
    ----------
    net
        Has heads `predict` and `infer`.
    perform, observe
        Its activations (sequence, time, unit).
    test
        Actions (sequence, time) and sensations (sequence, time, sensor) of the episodes.
    """
    actions, felt = test
    with torch.no_grad():
        error = (net.predict(perform) - felt).square().mean() / (felt - felt.mean(dim=(0, 1))).square().mean()
        right = (net.infer(observe).argmax(dim=2) == actions).double().mean()
    return (
        f"performing predicts {decimal(1 - float(error))} of the sensors' variance",
        f"observing names {decimal(float(right))} of the pushes",
    )


def run(folder: Path, *command: object) -> dict[str, Any]:
    """Run a subcommand of `mirror` in a folder, print what it prints, and return the JSON that it wrote.

    Raises
    ------
    RuntimeError
        If it fails, with what it said.
    """
    run_command(folder, *command)
    words = [str(word) for word in command]
    return json.loads((folder / words[words.index("--json") + 1]).read_text(encoding="utf-8"))


def finding(together: Report, apart: dict[str, Any]) -> HTML:
    """Say what the two networks are found to have, then the verdict on each.

    The rule: mirror units, if at least one is found; a shared code, if it carries over both ways with every decoder.
    """
    has, has_not = (
        (bool(units), code == "yes")
        for units, code in (
            (together.reading.mirror, together.reading.carried),
            (apart["mirror_units"], apart["code_carries_over"]),
        )
    )
    return finding_of(
        f"A network that felt its own acts shows {_SHOWS[has]}; one that did not shows {_SHOWS_TOO[has_not]}.",
        {
            "An LSTM that felt the effects of its own acts while it learned": together.reading.verdict,
            "The same LSTM trained without that": apart["verdict"],
        },
    )


_SHOWS = {
    (True, True): "mirror units and a shared code",
    (True, False): "mirror units but no shared code",
    (False, True): "a shared code but no mirror units",
    (False, False): "neither mirror units nor a shared code",
}
"""Whether there are mirror units, and a code that carries over → how a sentence says so."""
_SHOWS_TOO = {
    (True, True): "both",
    (True, False): "mirror units alone",
    (False, True): "a shared code alone",
    (False, False): "neither",
}
"""The same, once both have been named."""


def glue_reports(glue: Callable[..., None], folder: Path, together: Report) -> None:
    """Glue both HTML reports as files, so that the site can offer them."""
    apart = (folder / "apart-report.html").read_text(encoding="utf-8")
    for name, text in (("apart", apart), ("together", as_page(together))):
        glue(f"report-{name}", TextFile(text, "html"), display=False)


def links() -> HTML:
    """Show where the reports are, as the page in the built site sees them."""
    apart, together = (f'<a href="glued/your_network/report-{name}.html">{name}</a>' for name in ("apart", "together"))
    return HTML(
        f"<p>Each report is also one HTML file with figures. The command writes it: {apart}. In Python it is "
        f'<code>together.save("together.html")</code>: {together}.</p>'
    )
