"""Which actions drive a unit in the two modes."""

from mirror_core.studies.measures.base import CORRELATION, SHARE, Measure, register

for _name, _label, _limits, _sign in (
    ("congruence", "mean congruence index of units", CORRELATION, 1),
    ("congruent", "units strictly or broadly congruent", SHARE, 1),
    ("strict", "units strictly congruent", SHARE, 1),
    ("anti_congruence", "mean congruence index of the three units with the smallest r", CORRELATION, -1),
):
    register(Measure(_name, _label, _limits, "actions relabelled", sign=_sign, needs=("actions",)))
register(
    Measure(
        "opposed",
        "share of the three units with the smallest r that are above rest in one mode and below it in the other",
        SHARE, "either side of rest as likely in each mode",
    )
)  # fmt: skip
