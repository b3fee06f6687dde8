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


_GUESS = "always the most frequent action"
for _decoder in DECODERS:
    _which = "" if _decoder == MAIN_DECODER else f" ({_decoder})"
    for _pair in TRANSFERS:
        _said, _one = " → ".join(_pair), (_decoder, *_pair)
        _found = [(accuracy_name, f"decoding the action, {_said}{_which}", SHARE, "actions relabelled: chance", 1)]
        if _pair in ACROSS:
            _label = f"p among renamings of the actions, {_said}{_which}"
            _found.append((same_code_name, _label, SHARE, "actions relabelled", -1))
            _label = f"accuracy minus chance, {_said}, {_decoder}"
            _found.append((above_chance_name, _label, CORRELATION, _GUESS, 1))
        for _name, *_about, _sign in _found:
            register(Measure(_name(*_one), *_about, sign=_sign, needs=("actions",)))
register(
    Measure("chance", f"accuracy of {_GUESS.replace('always', 'always naming')}", SHARE, _GUESS, needs=("actions",))
)
