"""Calls lowered to StableHLO, with the lines that they come from."""

from pathlib import Path

import jax
import jax.numpy as jnp
import pytest

import eqxcore as eqx
from eqxviz.analysis import lowered_of, lowering
from eqxviz.records import LoweredText
from eqxviz.records.codec import decode, encode

_TABLE = jnp.arange(4096.0)


def scaled(x):
    doubled = x * 2
    return doubled.sum() + _TABLE[0]


@jax.jit
def halved(x):
    return x / 2


def nested(x):
    return halved(x) + 1


def lowered(fn, *args) -> LoweredText:
    return lowered_of(fn, args, {}, title="f", project_root=str(Path(__file__).parent))


def lines(text: LoweredText) -> list[str]:
    return [text.lines[n] for n in range(len(text.lines))]


def source(text: LoweredText, line: int) -> tuple[str, int, str]:
    at = int(text.line_source[line])
    function = text.strings[int(text.source_function[at])]
    return text.strings[int(text.source_file[at])], int(text.source_line[at]), function


def test_a_line_knows_the_source_that_made_it():
    text = lowered(scaled, jnp.ones(3))
    at = next(i for i, line in enumerate(lines(text)) if "stablehlo.multiply" in line)
    first = scaled.__code__.co_firstlineno
    assert source(text, at) == (__file__, first + 1, "scaled")


def test_a_line_of_a_nested_function_knows_the_innermost_source():
    text = lowered(nested, jnp.ones(3))
    at = next(i for i, line in enumerate(lines(text)) if "stablehlo.divide" in line)
    first = halved.__wrapped__.__code__.co_firstlineno
    assert source(text, at)[:2] == (__file__, first + 2)


def test_the_elements_of_large_constants_are_left_out():
    text = lowered(scaled, jnp.ones(3))
    assert text.n_bytes < 10_000
    assert any("__elided__" in line for line in lines(text))


def test_locations_are_no_part_of_the_text():
    assert not any("loc(" in line for line in lines(lowered(nested, jnp.ones(3))))


def test_nothing_of_a_model_is_needed_but_its_shapes():
    model = eqx.filter_eval_shape(eqx.nn.MLP, 2, 1, 8, 2, key=jax.random.key(0))
    text = lowered(model, jax.ShapeDtypeStruct((2,), jnp.float32))
    assert sum("dot_general" in line for line in lines(text)) == 3


def test_what_is_too_long_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr(lowering, "MOST_LOWERED_BYTES", 200)
    text = lowered(scaled, jnp.ones(3))
    assert text.is_cut
    assert len(text.lines.data) <= 200


def test_a_text_that_is_not_cut_says_its_size():
    text = lowered(scaled, jnp.ones(3))
    assert not text.is_cut
    assert text.n_bytes == sum(len(line.encode()) + 1 for line in lines(text))


def test_a_lowered_text_travels():
    text = lowered(nested, jnp.ones(3))
    parts = [bytes(part) for part in encode(text)]
    assert decode(parts[1], b"".join(parts[2:]))[1] == text


def test_what_the_function_raises_is_raised():
    def broken(x):
        raise KeyError("missing")

    with pytest.raises(KeyError, match="missing"):
        lowered(broken, jnp.ones(3))


def test_lowering_leaves_no_names_in_the_caches_of_the_program():
    lowered(nested, jnp.ones(3))
    text = str(jax.make_jaxpr(nested)(jnp.ones(3)))
    assert "eqxviz" not in text


def test_the_module_is_called_as_the_function():
    assert "module @jit_f " in lines(lowered(scaled, jnp.ones(3)))[0]
