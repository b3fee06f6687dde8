"""The whole supplement as one PDF with bookmarks and working links: `python -m mirror_core.pages.publishing.pdf OUT`.

Jupyter-book puts all pages into one; a browser without a window prints it. Which browser: the variable `CHROMIUM`, or
the first of `BROWSERS` that is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
"""Programs that print a page without a window, all of them Chromium."""

LONGEST = 600
"""Seconds that printing may take."""

FLAGS = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-pdf-header-footer", "--generate-pdf-document-outline", "--virtual-time-budget=30000",
)  # fmt: skip


class PrintError(RuntimeError):
    """The supplement cannot be printed; says what is missing."""


def browser() -> str:
    """Return the browser that prints.

    Raises
    ------
    PrintError
        If there is none.
    """
    if named := os.environ.get("CHROMIUM"):
        if found := shutil.which(named):
            return found
        raise PrintError(f"CHROMIUM = {named!r} is no program that can be run.")
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    raise PrintError(
        f"printing needs Chromium or Chrome, and none is installed (looked for {', '.join(BROWSERS)}). Install one, "
        "for example with 'apt install chromium', or name it: CHROMIUM=/path/to/chrome make pdf."
    )


def print_page(page: Path, out: Path) -> None:
    """Print a page to a PDF file, whole or not at all.

    Raises
    ------
    PrintError
        If there is no browser, or it gives no PDF.
    """
    program = browser()
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch, "page.pdf")
        # as root, in containers, Chromium starts only without its sandbox; the page is ours
        rooted = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        asked = [
            program,
            *FLAGS,
            *rooted,
            f"--user-data-dir={scratch}/profile",
            f"--print-to-pdf={made}",
            page.as_uri(),
        ]
        try:
            done = subprocess.run(asked, capture_output=True, text=True, timeout=LONGEST, check=False)
        except (OSError, subprocess.SubprocessError) as error:
            raise PrintError(f"{program} cannot print {page}: {error}.") from error
        if not made.is_file() or not made.read_bytes().startswith(b"%PDF"):
            said = " ".join(done.stderr.split())[-300:]
            raise PrintError(f"{program} printed nothing (exit status {done.returncode}): {said or 'no message'}.")
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, out)


def main(book: Path, out: Path) -> int:
    """Build the book as one page and print it; return an exit status."""
    try:
        browser()
        command = [Path(sys.executable).with_name("jupyter-book"), "build", book, "--builder", "singlehtml"]
        if status := subprocess.run(command, check=False).returncode:
            return status
        print_page((book / "_build" / "singlehtml" / "index.html").resolve(), out)
    except PrintError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"The supplement: {out.resolve()}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path("book"), Path(sys.argv[1])))
