"""What can be measured on a network. Importing a family registers its measures, see
`mirror_core.studies.measures.base`."""

from mirror_core.studies.measures import decoding, geometry, shares, significance, tasks, timing, tuning  # noqa: F401
from mirror_core.studies.measures.base import MEASURES, Measure, measure_named, register

__all__ = ["MEASURES", "Measure", "measure_named", "register"]
