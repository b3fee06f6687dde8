"""The directions that the two modes share."""

from mirror_core.studies.measures.base import CORRELATION, SHARE, Measure, register

_SUBSPACES = "random subspaces, same covariance"

for _decoder, _name in (("logistic", "ccgp"), ("ridge", "ccgp-ridge")):
    register(Measure(_name, f"CCGP of the action ({_decoder})", SHARE, "random geometry", needs=("actions",)))
register(Measure("cka", "debiased linear CKA", CORRELATION, "episodes re-paired"))
register(Measure("alignment", "alignment index", SHARE, _SUBSPACES))
register(Measure("angle", "mean principal angle, degrees", (0.0, 90.0), _SUBSPACES, digits=0, sign=-1))
