"""Printing: which browser, and what is said where there is none or it prints nothing."""

import stat

import pytest

from mirror_core.pages.publishing import pdf


def program(folder, name, text):
    path = folder / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def only(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr(pdf, "BROWSERS", ("mirror-test-browser",))
    monkeypatch.delenv("CHROMIUM", raising=False)
    return tmp_path


def test_without_a_browser_one_line_says_what_to_install(only, capsys):
    assert pdf.main(only, only / "out.pdf") == 1
    said = capsys.readouterr().err
    assert said.startswith("error: printing needs Chromium") and said.count("\n") == 1


def test_a_browser_that_is_not_there_is_named(only, monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/nowhere/chrome")
    with pytest.raises(pdf.PrintError, match="CHROMIUM = '/nowhere/chrome'"):
        pdf.browser()


def test_what_the_browser_says_is_passed_on(only):
    program(only, "mirror-test-browser", "echo out of paper >&2; exit 3\n")
    with pytest.raises(pdf.PrintError, match="exit status 3.*out of paper"):
        pdf.print_page(only / "page.html", only / "out.pdf")
    assert not (only / "out.pdf").exists()


def test_what_it_prints_is_moved_into_place(only):
    script = 'for one in "$@"; do case $one in --print-to-pdf=*) printf %%PDF-1.4 > "${one#*=}";; esac; done\n'
    program(only, "mirror-test-browser", script)
    pdf.print_page(only / "page.html", only / "deep" / "out.pdf")
    assert (only / "deep" / "out.pdf").read_bytes() == b"%PDF-1.4"
