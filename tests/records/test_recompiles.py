"""Every cause has its words, and a fix that is right for how the function was jitted."""

import pytest

from eqxviz.records import Cause, CauseKind, JitFlavour
from eqxviz.records.recompiles import fix, sentence

JAX, EQXCORE, EQUINOX = JitFlavour.JAX, JitFlavour.EQXCORE, JitFlavour.EQUINOX
K = CauseKind

SAID = [
    (K.SHAPE, "x", "f32[8,3]", "f32[7,3]", "`x` changed its shape from f32[8,3] to f32[7,3]"),
    (K.DTYPE, "x", "f32[8]", "bf16[8]", "`x` changed its dtype from f32 to bf16"),
    (K.DTYPE, "n", "weak i32[]", "weak f32[]", "dtype from weak i32 to weak f32"),
    (K.WEAK_TYPE, "r", "f32[]", "weak f32[]", "became weakly typed: f32[] before, weak f32[] now"),
    (K.WEAK_TYPE, "r", "weak f32[]", "f32[]", "no longer weakly typed"),
    (K.STATIC_VALUE, "n", "2", "3", "`n` is static, and changed from 2 to 3"),
    (K.STATIC_VALUE, "n", "2.0", "f32[]", "was static, 2.0, and is traced now: f32[]"),
    (K.STATIC_VALUE, "n", "f32[]", "2.0", "was traced, f32[], and is static now: 2.0"),
    (K.STATIC_VALUE, "c", "<C object>", "<C object>", "another object than before, and not equal"),
    (K.NEW_FUNCTION, "", "<f>", "<f>", "the function was made anew and jitted again: <f>"),
    (K.NEW_FUNCTION, "act", "<f>", "<f>", "`act` is a new function object made by the same code"),
    (K.DICT_KEYS, "b", "'a', 'b'", "'c'", "`b` lost the keys 'a', 'b' and got the key 'c'"),
    (K.STATIC_FIELD, "m.n", "2", "3", "the static field `m.n` changed from 2 to 3"),
    (K.NODE_TYPE, "xs", "list", "tuple", "`xs` changed its type from list to tuple"),
    (K.NODE_TYPE, "m", "Model", "Model", "`m` is of a class that was made anew: Model"),
    (K.STRUCTURE, "xs", "list of 1", "list of 2", "structure from list of 1 to list of 2"),
    (K.STRUCTURE, "m", "not given", "f32[3]", "left to its default before, and is given now"),
    (K.STRUCTURE, "m", "f32[3]", "not given", "was given before, f32[3], and is left"),
    (K.STRUCTURE, "m", "by position", "by keyword", "by position before, and is given by keyword"),
    (K.DEVICE, "x", "cpu:0", "cpu:1", "`x` moved from cpu:0 to cpu:1"),
    (K.DEVICE, "backend", "not given", "'cpu'", "jitted again, with `backend='cpu'`"),
    (K.COMMITTED, "x", "uncommitted", "committed", "`x` is committed to its device now"),
    (K.COMMITTED, "x", "committed", "uncommitted", "free to follow others now"),
    (K.SHARDING, "x", "cpu:0", "P('d')", "`x` changed its sharding from cpu:0 to P('d')"),
    (K.SHARDING, "in_shardings", "not given", "S", "jitted again, with `in_shardings=S`"),
    (K.DONATION, "donate", "not given", "'all'", "jitted again, with `donate='all'`"),
    (K.DONATION, "donate", "'all'", "not given", "jitted again, without `donate='all'`"),
    (K.DONATION, "donate", "'a'", "'b'", "with `donate='b'` in place of `'a'`"),
    (K.CONFIG, "jax_enable_x64", "False", "True", "setting `jax_enable_x64` changed from False"),
    (K.TRANSFORMATION, "", "none", "grad", "called by itself before, and is called under grad"),
    (K.TRANSFORMATION, "x", "none", "grad", "`x` was not transformed before, and is traced"),
    (K.EVICTION, "", "", "", "JAX has forgotten it"),
    (K.UNKNOWN, "", "", "", "nothing was found"),
]


@pytest.mark.parametrize(("kind", "path", "old", "new", "words"), SAID)
def test_what_changed_is_said(kind: CauseKind, path: str, old: str, new: str, words: str):
    assert words in sentence(Cause(kind, path, old, new))


def test_every_kind_is_said_and_has_a_fix_for_every_flavour():
    assert {kind for kind, *_ in SAID} == set(CauseKind)
    for kind, path, old, new, _ in SAID:
        for flavour in JitFlavour:
            words = fix(Cause(kind, path, old, new), flavour)
            assert words.endswith(".")
            assert words.count("`") % 2 == 0


FIXES = [
    (K.SHAPE, "x", "f32[8,3]", "f32[7,3]", JAX, "last batch, pad it or drop it"),
    (K.SHAPE, "x", "i32[4]", "i32[5]", JAX, "full length at once"),
    (K.SHAPE, "x", "f32[3]", "f32[1,3]", JAX, "same number of axes"),
    (K.SHAPE, "x", "f32[4,4]", "f32[6,6]", JAX, "Pad it to one shape"),
    (K.SHAPE, "model.w", "f32[4,4]", "f32[6,4]", JAX, "Make the model once"),
    (K.SHAPE, "key", "u32[2]", "key<fry>[]", JAX, "jax.random.PRNGKey"),
    (K.DTYPE, "x", "f32[3]", "f64[3]", JAX, "`x.astype(jnp.float32)`"),
    (K.DTYPE, "x", "weak i32[]", "weak f32[]", JAX, "`jnp.asarray(x, jnp.float32)`"),
    (K.DTYPE, "x", "weak f32[]", "weak i32[]", JAX, "`jnp.asarray(x, jnp.float32)`"),
    (K.DTYPE, "x", "weak i32[]", "bool[]", JAX, "`jnp.asarray(x, jnp.int32)`"),
    (K.DTYPE, "x", "i32[3]", "f32[3]", JAX, "`x.astype(jnp.float32)`"),
    (K.DTYPE, "x", "bf16[3]", "f32[3]", JAX, "`x.astype(jnp.bfloat16)`"),
    (K.DTYPE, "model.w", "f32[3]", "bf16[3]", EQUINOX, "Cast the model once"),
    (K.WEAK_TYPE, "r", "f32[]", "weak f32[]", JAX, "`jnp.asarray(r, jnp.float32)`"),
    (K.WEAK_TYPE, "r", "weak i32[]", "bool[]", JAX, "`jnp.asarray(r, jnp.int32)`"),
    (K.STATIC_VALUE, "n", "2", "3", EQXCORE, "`jnp.asarray(n)`"),
    (K.STATIC_VALUE, "n", "2", "3", JAX, "do not mark `n` static"),
    (K.STATIC_VALUE, "config.steps", "2", "3", JAX, "take it out of `config`"),
    (K.STATIC_VALUE, "mode", "'a'", "'b'", EQUINOX, "jax.lax.switch"),
    (K.STATIC_VALUE, "c", "<C object>", "<C object>", JAX, "dataclass(frozen=True)"),
    (K.STATIC_VALUE, "n", "2.0", "f32[]", EQXCORE, "Pass an array each time"),
    (K.NEW_FUNCTION, "", "<f>", "<f>", JAX, "Hoist the jit out of the loop"),
    (K.NEW_FUNCTION, "act", "<f>", "<f>", EQXCORE, "Define the function once"),
    (K.STATIC_FIELD, "m.n", "2", "3", EQXCORE, "only if it seldom changes"),
    (K.NODE_TYPE, "m", "None", "f32[3]", JAX, "or None each time"),
    (K.NODE_TYPE, "m", "f32[3]", "list", JAX, "jnp.stack"),
    (K.NODE_TYPE, "m", "Model", "Model", EQXCORE, "Define the class Model once"),
    (K.SHARDING, "x", "a", "b", JAX, "out_shardings"),
    (K.SHARDING, "x", "a", "b", EQUINOX, "filter_shard"),
    (K.CONFIG, "jax_enable_x64", "False", "True", JAX, "at the start of the script"),
    (K.CONFIG, "mesh", "None", "m", JAX, "within the same `with`"),
    (K.EVICTION, "", "", "", JAX, "jax.clear_caches()"),
]


@pytest.mark.parametrize(("kind", "path", "old", "new", "flavour", "words"), FIXES)
def test_the_fix_fits_cause_and_flavour(
    kind: CauseKind, path: str, old: str, new: str, flavour: JitFlavour, words: str
):
    assert words in fix(Cause(kind, path, old, new), flavour)


@pytest.mark.parametrize("flavour", JitFlavour)
def test_a_number_that_sets_a_shape_is_not_told_to_become_an_array(flavour: JitFlavour):
    words = fix(Cause(K.STATIC_VALUE, "n", "8", "12"), flavour)
    assert words.startswith("If only its value is computed with, ")
    assert "if it sets a shape, a length or a branch, it must stay static" in words
