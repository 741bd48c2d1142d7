"""Arguments of layers that work along several spatial dimensions."""

import operator
from collections.abc import Sequence
from typing import Any


def per_dimension(
    layer: Any, name: str, value: Any, count: int, *, least: int | None = 1
) -> tuple[int, ...]:
    """Return the argument as `count` whole numbers, where one stands for all dimensions.

    Raises:
        ValueError: If it is something else, or if a number is less than `least`.
    """
    numbers = _whole_numbers(value, count)
    if numbers is None:
        raise _wrong(layer, name, value, _forms(count))
    if least is not None and any(number < least for number in numbers):
        raise _wrong(layer, name, value, f"at least {least}")
    return numbers


def paddings(layer: Any, value: Any, count: int) -> tuple[tuple[int, int], ...]:
    """Return the argument `padding` as `count` pairs: what to add before and after a dimension.

    Raises:
        ValueError: If it is no number, nor `count` numbers or pairs of numbers.
    """
    numbers = _whole_numbers(value, count)
    if numbers is not None:
        return tuple((number, number) for number in numbers)
    pairs = (
        [_whole_numbers(each, 2) for each in value]
        if isinstance(value, Sequence) and not isinstance(value, str)
        else []
    )
    if len(pairs) != count or None in pairs:
        forms = f"{_forms(count)}, or a pair `(before, after)` for each"
        if count == 1 and _whole_numbers(value, 2) is not None:
            forms += f"; write `padding=[{tuple(value)}]` for one pair"
        raise _wrong(layer, "padding", value, forms)
    return tuple((before, after) for before, after in filter(None, pairs))


def _whole_numbers(value: Any, count: int) -> tuple[int, ...] | None:
    many = isinstance(value, Sequence) and not isinstance(value, str)
    values: tuple[Any, ...] = tuple(value) if many else (value,) * count
    try:
        numbers = tuple(map(operator.index, values))
    except TypeError:
        return None
    return numbers if len(numbers) == count else None


def _forms(count: int) -> str:
    if count == 1:
        return "one whole number, alone or in a sequence"
    return f"one whole number, or a sequence of {count}, one for each spatial dimension"


def _wrong(layer: Any, name: str, value: Any, rule: str) -> ValueError:
    return ValueError(f"`{type(layer).__name__}({name}={value!r})`: `{name}` must be {rule}.")
