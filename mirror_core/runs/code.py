"""Which code decides a result: a module, and all that it imports from this package, read from the sources.

What says nothing about numbers does not count: comments, docstrings, what an error says, where a name is imported
from, and the names of files. Nor does the room `runs`: how a thing is kept does not decide what it is. So better prose,
a clearer error or a move within the package trains no network again.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = "mirror_core"
_DECIDES_NOTHING = {f"{PACKAGE}.{room}" for room in ("runs", "figures", "pages")}
_ROOT = Path(__file__).parents[1]


def digest_of_code(module: str, versions: str, root: Path = _ROOT) -> str:
    """Return 64 hexadecimal digits for a module with all that it computes with.

    Parameters
    ----------
    module
        Its full name, such as "mirror_core.networks.training.loop".
    versions
        Versions of other packages that decide the result.
    root
        Folder of the package.
    """
    contents = sorted(_content(root, name) for name in closure(module, root))
    return hashlib.sha256("\n".join([versions, *contents]).encode()).hexdigest()


@cache
def closure(module: str, root: Path = _ROOT) -> frozenset[str]:
    """Return the names of a module and of all modules of the package that it imports, directly or not.

    A name that a package's `__init__` passes on counts as imported from where it is defined.
    """
    found, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [other for other in _imported(root, name) if ".".join(other.split(".")[:2]) not in _DECIDES_NOTHING]
    return frozenset(found)


def _file(root: Path, module: str) -> Path | None:
    place = root.joinpath(*module.split(".")[1:])
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


@cache
def _tree(root: Path, module: str) -> ast.Module:
    return ast.parse(_file(root, module).read_text(encoding="utf-8"))


def _is_own(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == PACKAGE


@cache
def _imported(root: Path, module: str) -> tuple[str, ...]:
    nodes = [node for node in ast.walk(_tree(root, module)) if _is_own(node)]
    return tuple(_defined_in(root, node.module, alias.name) for node in nodes for alias in node.names)


def _defined_in(root: Path, module: str, name: str) -> str:
    """Return the module that `from module import name` has the name from."""
    if _file(root, f"{module}.{name}") is not None:
        return f"{module}.{name}"
    if _file(root, module).name == "__init__.py":
        for node in _tree(root, module).body:
            if _is_own(node) and any((alias.asname or alias.name) == name for alias in node.names):
                return _defined_in(root, node.module, name)
    return module


@cache
def _content(root: Path, module: str) -> str:
    """Return a digest of a module's code without its prose."""
    tree = ast.parse(ast.unparse(_tree(root, module)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            node.exc.args, node.exc.keywords = [], []
        if isinstance(body := getattr(node, "body", None), list):
            node.body = [s for s in body if not (_is_own(s) or isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()
