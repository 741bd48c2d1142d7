"""Modules: classes that are dataclasses and PyTrees."""

from eqxcore._module._abstract import AbstractClassVar, AbstractVar
from eqxcore._module._field import field, static_field
from eqxcore._module._module import BoundMethod, Module
from eqxcore._module._partial import Partial, bind_first
from eqxcore._module._strict import StrictConfig
from eqxcore._module._wrapper import module_update_wrapper

__all__ = [
    "AbstractClassVar",
    "AbstractVar",
    "BoundMethod",
    "Module",
    "Partial",
    "StrictConfig",
    "bind_first",
    "field",
    "module_update_wrapper",
    "static_field",
]
