"""The pages that are done, readable while others are still computed.

Sphinx reads executed notebooks, so a site is built from those that there are: in a scratch copy of the book, in which a
short page stands for every missing one, and for that of the files to take along, and the title page says which these
are. It is made now and then in a long build, and only where no good site would be replaced by it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

from mirror_core.pages.publishing.downloads import PAGE as DOWNLOADS
from mirror_core.pages.publishing.glued import FOLDER as GLUED
from mirror_core.pages.publishing.quick import EXECUTED, copy_sources

MARK = ".unfinished"
"""A file in the folder of the built pages that says that some are still missing."""


def may_publish(html: Path) -> bool:
    """Whether there is no finished site that early pages would replace."""
    return not (html / "index.html").exists() or (html / MARK).exists()


def publish(root: Path, html: Path, missing: Sequence[str]) -> bool:
    """Build the pages that are done and put them where the finished site will be; say whether that went well.

    Parameters
    ----------
    root
        The repository, with executed notebooks in its book.
    missing
        Notebooks whose pages are still being computed.
    """
    with tempfile.TemporaryDirectory(prefix="mirror-", ignore_cleanup_errors=True) as folder:
        book = copy_sources(root, Path(folder))
        shutil.copytree(root / "book" / EXECUTED, book / EXECUTED, dirs_exist_ok=True)
        titles = {name: title_of(root / "notebooks" / f"{name}.md") for name in missing}
        for name, title in titles.items():
            # an executed notebook of an earlier build, of something that has changed since
            (book / EXECUTED / f"{name}.ipynb").unlink(missing_ok=True)
            shutil.rmtree(book / EXECUTED / GLUED / name, ignore_errors=True)
            (book / EXECUTED / f"{name}.md").write_text(f"# {title}\n\nThis page is still being computed.\n", "utf-8")
        if (downloads := book / f"{DOWNLOADS}.md").is_file():  # all files and the map of them would be made each time
            downloads.write_text(f"# {title_of(downloads)}\n\nThis page is made when all others are done.\n", "utf-8")
        index = book / "index.md"
        index.write_text(unfinished(index.read_text(encoding="utf-8"), titles), encoding="utf-8")
        config = yaml.safe_load((book / "_config.yml").read_text(encoding="utf-8"))
        config["sphinx"]["config"] |= {"mirror_notebooks": {}}
        (book / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        command = [Path(sys.executable).with_name("jupyter-book"), "build", book, "-qq"]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return False
        (book / "_build" / "html" / MARK).touch()
        shutil.copytree(book / "_build" / "html", html, dirs_exist_ok=True)
        return True


def title_of(source: Path) -> str:
    """Return the first heading of a page."""
    return re.search(r"^# (.+)$", source.read_text(encoding="utf-8"), re.MULTILINE).group(1)


def unfinished(index: str, titles: dict[str, str]) -> str:
    """Return a title page that says which pages are still being computed, and leaves out what it shows of them.

    Examples
    --------
    >>> page = "# A site\\n\\nWords.\\n\\n```{glue} finding\\n:doc: notebooks/one.ipynb\\n```\\n"
    >>> print(unfinished(page, {"one": "Is it?"}))
    # A site
    <BLANKLINE>
    :::{note}
    Still being computed: [Is it?](notebooks/one).
    :::
    <BLANKLINE>
    Words.
    <BLANKLINE>
    <BLANKLINE>
    """
    names = "|".join(map(re.escape, titles))
    shown = rf"^```\{{(?:glue|figure)\}}(?:(?!^```)[\s\S])*?notebooks/(?:glued/)?(?:{names})\b[\s\S]*?^```$"
    index = re.sub(shown, "", index, flags=re.MULTILINE) if titles else index
    links = ", ".join(f"[{title}](notebooks/{name})" for name, title in titles.items())
    note = f"\n:::{{note}}\nStill being computed: {links}.\n:::\n"
    return re.sub(r"^(# .+\n)", lambda found: found.group(1) + note, index, count=1, flags=re.MULTILINE)
