"""Every estimator of the product, by name; a module of this folder names those of one SUBJECT in ESTIMATORS."""

import pkgutil
from dataclasses import replace
from functools import cache
from importlib import import_module

from calibration.study import Estimator


@cache
def estimators() -> dict[str, Estimator]:
    """By name, in the order of the modules and, within each, of their list."""
    modules = [
        import_module(f"{__name__}.{found.name}") for found in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name)
    ]
    return {found.name: replace(found, subject=module.SUBJECT) for module in modules for found in module.ESTIMATORS}
