"""Modes, dimensions and centrings: the words that all rooms share."""

from __future__ import annotations

DIMENSIONS = ("sequence", "time", "unit")
"""Dimensions of a recording, in order."""

MODES = ("perform", "observe")
"""The two modes, in the order of every array of recordings."""

CENTRINGS = {"raw": False, "timestep-centred": True}
"""Name → whether each timestep's mean over sequences is removed first."""
