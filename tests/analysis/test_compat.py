import jax
import jax.numpy as jnp
import jax.tree_util
import pytest

from eqxviz.analysis import UnsupportedJaxError, check_jax, compat, model_tree
from eqxviz.analysis.short_dtypes import short_dtype


def test_too_old_a_jax_is_told_with_the_minimum(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jax, "__version__", "0.6.2")
    with pytest.raises(UnsupportedJaxError, match=r"JAX 0\.6\.2 .* needs JAX 0\.10\.0 or newer"):
        check_jax()


def test_the_oldest_jax_that_is_taken_is_no_problem(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jax, "__version__", "0.10.0")
    assert check_jax() is None


def test_a_jax_that_lacks_something_is_told_what(monkeypatch: pytest.MonkeyPatch):
    compat._registry.cache_clear()
    monkeypatch.setattr(jax.tree_util, "default_registry", None)
    with pytest.raises(UnsupportedJaxError, match="flatten_one_level_with_keys"):
        model_tree({"a": 1}, "d", 0)


@pytest.mark.parametrize(
    ("dtype", "short"),
    [
        (jnp.float32, "f32"),
        (jnp.bfloat16, "bf16"),
        (jnp.uint8, "u8"),
        (jnp.complex64, "c64"),
        (jnp.bool_, "bool"),
        (jnp.float8_e5m2, "f8_e5m2"),
        (jnp.int4, "i4"),
    ],
)
def test_dtypes_are_short_as_in_jaxprs(dtype: type, short: str):
    dtype_ = jnp.dtype(dtype)
    assert short_dtype(dtype_) == short
    assert jax.core.ShapedArray((), dtype_).str_short(short_dtypes=True) == f"{short}[]"


def test_names_pushed_while_tracing_are_read_back():
    def f(x: jax.Array) -> jax.Array:
        with jax.named_scope("a/b"):
            return jnp.sin(x).sum()

    jaxpr = compat.open_jaxpr(jax.make_jaxpr(jax.grad(f))(jnp.ones(3)))
    assert jaxpr is not None
    scopes = {scope for equation in jaxpr.eqns for scope in compat.scopes_of(equation)}
    assert {(False, "a/b"), (True, "jvp"), (True, "transpose")} <= scopes


def test_lines_are_those_of_the_frames():
    jaxpr = compat.open_jaxpr(jax.make_jaxpr(lambda x: x + 1)(1.0))
    assert jaxpr is not None
    lines = {(c.co_filename, compat.line_of(c, i)) for c, i in compat.frames_of(jaxpr.eqns[0])}
    here = test_lines_are_those_of_the_frames.__code__.co_firstlineno + 1
    assert (__file__, here) in lines


def test_tracing_apart_does_not_reach_the_caches_of_the_program():
    traced: list[int] = []

    @jax.jit
    def f(x: jax.Array) -> jax.Array:
        traced.append(1)
        return x + 1

    f(jnp.ones(3))
    with compat.apart_from_caches("test"):
        jax.make_jaxpr(f)(jnp.ones(3))
    assert len(traced) == 2
    f(jnp.ones(3))
    assert len(traced) == 2


def test_the_dtype_of_keys_is_known_without_making_one():
    assert compat.key_dtype() == jax.random.key(0).dtype
