"""The whole site, built once with tiny settings for all that read its pages, and a browser to look at them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from mirror_core.pages.publishing import pdf

ROOT = Path(__file__).resolve().parents[2]

PATIENCE = 120_000
"""Milliseconds that a page may take: a machine that does much else beside is no fault of the page."""


@pytest.fixture(scope="session")
def build(checkout, call):
    """Build the site once with tiny settings."""
    config = yaml.safe_load((checkout / "_config.yml").read_text(encoding="utf-8"))
    tiny = yaml.safe_load((ROOT / "tests" / "pages" / "tiny.yml").read_text(encoding="utf-8"))
    config["sphinx"]["config"] |= {"mirror_notebooks_quick": tiny}
    (checkout / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [sys.executable, "-m", "mirror_core.pages.publishing.quick", "_quick"]
    done = call(*command, cwd=checkout, MIRROR_CORE_WORKERS="2")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done


@pytest.fixture(scope="session")
def html(build, checkout) -> Path:
    """Return the folder of the built pages."""
    return checkout / "_quick" / "book" / "_build" / "html"


@pytest.fixture(scope="session")
def browser():
    """Start a browser without a window; tests that need one are skipped where there is none, or no Playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    try:
        program = pdf.browser()
    except pdf.PrintError as error:
        pytest.skip(str(error))
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program)
        new_context = chromium.new_context

        def patient(**options):
            context = new_context(**options)
            context.set_default_timeout(PATIENCE)
            return context

        chromium.new_context = patient
        yield chromium
        chromium.close()
