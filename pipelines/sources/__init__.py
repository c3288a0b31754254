"""The places that data comes from: every module or package in this folder that holds a SOURCE."""

import importlib
import pkgutil

from pipelines.raw import Source


def discover() -> dict[str, Source]:
    """Every source by name, in alphabetical order; a module that is called otherwise than its source is refused."""
    found = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        source = getattr(importlib.import_module(f"{__name__}.{module.name}"), "SOURCE", None)
        if source is None:
            continue
        if source.name != module.name:
            raise ValueError(f"pipelines/sources/{module.name} holds the source {source.name!r}: a source and its file have one name")
        found[source.name] = source
    return found
