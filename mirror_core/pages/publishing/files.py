"""Files that a notebook glues, so that the site can offer them: for download, as whole pages, or as scripts."""

from __future__ import annotations

import base64
from dataclasses import dataclass

KINDS = {"csv": "text/csv", "json": "application/json", "html": "application/xhtml+xml", "js": "text/javascript"}
"""Kinds of text files, and under which name a notebook holds them; "text/html" is what a page shows itself."""

NETCDF = "application/x-netcdf"
"""Under which name a notebook holds a NetCDF file, in base 64."""


@dataclass(frozen=True)
class TextFile:
    """What a glued file holds; the build writes it to `notebooks/glued/NOTEBOOK/KEY.KIND`."""

    text: str
    kind: str
    """A name in `KINDS`."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {KINDS[self.kind]: self.text}

    def __repr__(self) -> str:
        return f"{self.kind} file of {len(self.text)} characters"


@dataclass(frozen=True)
class NetcdfFile:
    """A NetCDF file that is glued; the build writes it to `notebooks/glued/NOTEBOOK/KEY.nc`."""

    content: bytes

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {NETCDF: base64.b64encode(self.content).decode()}

    def __repr__(self) -> str:
        return f"NetCDF file of {len(self.content)} bytes"
