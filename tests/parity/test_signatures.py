"""Every public name that both packages have: kind, signature and fields agree."""

import dataclasses
import inspect
import types
from typing import Any

import equinox
import pytest

import eqxcore

PARTS = ("nn", "debug", "internal")
NAMES = [
    *(name for name in eqxcore.__all__ if name not in PARTS),
    *(f"{part}.{name}" for part in PARTS for name in getattr(eqxcore, part).__all__),
]
# Primitives of JAX are not called.
NAMES = [name for name in NAMES if not name.endswith("_p")]
CLASSES = [name for name in NAMES if isinstance(eval(f"eqxcore.{name}"), type)]


def _get(package: types.ModuleType, name: str) -> Any:
    value: Any = package
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _parameters(value: Any) -> list[tuple[str, Any, str]]:
    try:
        signature = inspect.signature(value)
    except ValueError:  # that of an error is written in C
        return []
    return [
        (each.name, each.kind, _default(each.default)) for each in signature.parameters.values()
    ]


def _default(value: Any) -> str:
    if value is inspect.Parameter.empty:
        return "required"
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    # Each package has its own mark of an absent argument, and its own default functions.
    return "other"


def test_all_public_names_are_names_of_equinox() -> None:
    assert [name for name in eqxcore.__all__ if not hasattr(equinox, name)] == []
    for part in PARTS:
        theirs, ours = getattr(equinox, part), getattr(eqxcore, part)
        assert [name for name in ours.__all__ if not hasattr(theirs, name)] == []


def test_nothing_else_is_public() -> None:
    modules = {name for name in vars(eqxcore) if not name.startswith("_")} - {"as_equinox"}
    assert modules == set(eqxcore.__all__)


@pytest.mark.parametrize("name", NAMES)
def test_the_kind_is_the_same(name: str) -> None:
    theirs, ours = _get(equinox, name), _get(eqxcore, name)
    assert isinstance(theirs, type) is isinstance(ours, type)
    assert callable(theirs) is callable(ours)


@pytest.mark.parametrize("name", NAMES)
def test_the_signature_is_the_same(name: str) -> None:
    assert _parameters(_get(equinox, name)) == _parameters(_get(eqxcore, name))


@pytest.mark.parametrize("name", NAMES)
def test_the_documentation_is_there(name: str) -> None:
    assert inspect.getdoc(_get(eqxcore, name))


@pytest.mark.parametrize("name", CLASSES)
def test_the_methods_are_the_same(name: str) -> None:
    theirs, ours = _get(equinox, name), _get(eqxcore, name)

    def methods(cls: type) -> dict[str, Any]:
        names = [each for each in dir(cls) if not each.startswith("_")] + ["__call__"]
        return {
            each: _parameters(getattr(cls, each)) if callable(getattr(cls, each)) else None
            for each in names
            if hasattr(cls, each) and each in {n for c in cls.__mro__[:-1] for n in vars(c)}
        }

    assert methods(theirs) == methods(ours)


@pytest.mark.parametrize("name", CLASSES)
def test_the_fields_are_the_same(name: str) -> None:
    def fields(cls: Any) -> list[tuple[Any, ...]]:
        if not dataclasses.is_dataclass(cls):
            return []
        return [
            (
                each.name,
                bool(each.metadata.get("static", False)),
                each.init,
                each.repr,
                each.kw_only,
                each.default is dataclasses.MISSING,
            )
            for each in dataclasses.fields(cls)
        ]

    assert fields(_get(equinox, name)) == fields(_get(eqxcore, name))


def test_the_version_is_that_of_the_equinox_it_is_compared_with() -> None:
    assert eqxcore.__version__.partition("+")[0] == equinox.__version__
