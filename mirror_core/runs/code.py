"""Which code decides a result: a module, and all that it imports from this package, read from the sources.

What says nothing about numbers does not count: comments, docstrings, what an error says, where a name is imported
from, and the names of files. Nor does the room `runs`: how a thing is kept does not decide what it is. So better prose,
a clearer error or a move within the package trains no network again.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = "mirror_core"
_DECIDES_NOTHING = frozenset(f"{PACKAGE}.{room}" for room in ("runs", "figures", "pages"))
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
    contents = sorted(_content(root, name) for name in closure(module, root=root))
    return hashlib.sha256("\n".join([versions, *contents]).encode()).hexdigest()


@cache
def closure(*modules: str, root: Path = _ROOT, without: frozenset[str] = _DECIDES_NOTHING) -> frozenset[str]:
    """Return the names of modules and of all modules of the package that they import, directly or not.

    A name that a package's `__init__` passes on counts as imported from where it is defined; from a family (a package
    with
    a `base`, in which members register themselves), as imported from all of its members. A module that is named in a
    string, such as
    one to be run, counts as imported. Names that are no module of the package are passed over.

    Parameters
    ----------
    without
        Rooms that are left out, by the full names of their packages.
    """
    found, waiting = set(), list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found and _file(root, name) is not None and ".".join(name.split(".")[:2]) not in without:
            found.add(name)
            waiting += _imported(root, name)
    return frozenset(found)


def source_of(module: str, root: Path = _ROOT) -> bytes:
    """Return the bytes of a module's file."""
    return _file(root, module).read_bytes()


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
    found = []
    for node in ast.walk(_tree(root, module)):
        if _is_own(node):
            found += [at for alias in node.names for at in _defined_in(root, node.module, alias.name)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(f"{PACKAGE}."):
            found.append(node.value)
    return tuple(found)


def _defined_in(root: Path, module: str, name: str) -> Iterator[str]:
    """Yield the modules that `from module import name` has the name from."""
    if _file(root, f"{module}.{name}") is not None:
        yield f"{module}.{name}"
    elif (file := _file(root, module)).name != "__init__.py":
        yield module
    elif (file.parent / "base.py").is_file():
        yield from (module, *(f"{module}.{path.stem}" for path in file.parent.glob("[!_]*.py")))
    else:
        origins = [
            node.module
            for node in _tree(root, module).body
            if _is_own(node) and any((alias.asname or alias.name) == name for alias in node.names)
        ]
        yield from _defined_in(root, origins[0], name) if origins else (module,)


@cache
def _content(root: Path, module: str) -> str:
    """Return a digest of a module's code without its prose."""
    tree = ast.parse(ast.unparse(_tree(root, module)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            node.exc.args, node.exc.keywords = [], []
        if isinstance(body := getattr(node, "body", None), list):
            node.body = [
                s for s in body if not (_is_own(s) or isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
            ]
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()
