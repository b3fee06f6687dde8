"""Decoders of the action, trained in one mode and tested in the same or the other."""

from mirror_core.analysis import DECODERS
from mirror_core.studies.measures.base import CORRELATION, SHARE, Measure, register

TRANSFERS = (("perform", "perform"), ("perform", "observe"), ("observe", "perform"), ("observe", "observe"))
"""Pairs (decoder trained in, tested in), in the order they are drawn."""

ACROSS = TRANSFERS[1:3]
"""Those from one mode to the other."""

MAIN_DECODER = "logistic"
"""The decoder behind every figure; the other is a check on it."""

DECODER_NAMES = {"logistic": "logistic regression", "ridge": "least squares (ridge)"}
"""How tables and figures call the decoders."""


def accuracy_name(decoder: str, train: str, test: str) -> str:
    """Return the name of the accuracy of a decoder that was trained in one mode and tested in another."""
    return f"{decoder}_{train}_{test}"


def same_code_name(decoder: str, train: str, test: str) -> str:
    """Return the name of the p of that accuracy among all renamings of the actions."""
    return f"{accuracy_name(decoder, train, test)}_same_code_p"


def above_chance_name(decoder: str, train: str, test: str) -> str:
    """Return the name of that accuracy minus chance."""
    return f"{train}_to_{test}_{decoder}"


def _register(name: str, label: str, limits: tuple[float, float], null: str, sign: int = 1) -> None:
    register(Measure(name, label, limits, null, sign=sign, needs=("actions",)))


for _decoder in DECODERS:
    _which = "" if _decoder == MAIN_DECODER else f" ({_decoder})"
    for _train, _test in TRANSFERS:
        _one = (_decoder, _train, _test)
        _register(
            accuracy_name(*_one),
            f"decoding the action, {_train} → {_test}{_which}",
            SHARE,
            "actions relabelled: chance",
        )
        if _train != _test:
            _register(
                same_code_name(*_one), f"p among renamings of the actions, {_train} → {_test}{_which}", SHARE,
                "actions relabelled", sign=-1,
            )  # fmt: skip
            _register(
                above_chance_name(*_one), f"accuracy minus chance, {_train} → {_test}, {_decoder}", CORRELATION,
                "always the most frequent action",
            )  # fmt: skip
_register("chance", "accuracy of always naming the most frequent action", SHARE, "always the most frequent action")
