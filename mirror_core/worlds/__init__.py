"""Worlds to act in: the contract, and one file a world."""

import importlib
import pkgutil

# a world registers itself when it is imported, so that a new one is its own file and nothing else
for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
