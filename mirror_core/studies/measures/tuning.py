"""Which actions drive a unit in the two modes."""

from mirror_core.studies.measures.base import CORRELATION, SHARE, Measure, register

_NULL = "actions relabelled"

register(Measure("congruence", "mean congruence index of units", CORRELATION, _NULL, needs=("actions",)))
register(Measure("congruent", "units strictly or broadly congruent", SHARE, _NULL, needs=("actions",)))
register(Measure("strict", "units strictly congruent", SHARE, _NULL, needs=("actions",)))
register(
    Measure(
        "anti_congruence", "mean congruence index of the three units with the smallest r", CORRELATION, _NULL, sign=-1,
        needs=("actions",),
    )
)  # fmt: skip
register(
    Measure(
        "opposed",
        "share of the three units with the smallest r that are above rest in one mode and below it in the other",
        SHARE, "either side of rest as likely in each mode",
    )
)  # fmt: skip
