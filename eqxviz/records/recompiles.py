"""Why a function compiled again, in words, and what to do about it.

What stands between backticks is code.
"""

import re
from collections.abc import Callable

from eqxviz.records.run import Cause, CauseKind, JitFlavour

ALARM = "EQX110"  # Problem.code
_NOT_GIVEN = "not given"
_ARRAY = re.compile(r"(?:weak )?(?P<dtype>[a-z]\w*(?:<\w+>)?)\[(?P<dims>[\d,]*)\]")
_KINDS = (("bool",), ("u",), ("i",), ("bf", "f"), ("c",))  # how dtypes begin, the narrowest first
_LONG_DTYPES = {
    "bf16": "bfloat16",
    "bool": "bool_",
    **{f"f{n}": f"float{n}" for n in (16, 32, 64)},
    **{f"i{n}": f"int{n}" for n in (8, 16, 32, 64)},
    **{f"u{n}": f"uint{n}" for n in (8, 16, 32, 64)},
    **{f"c{n}": f"complex{n}" for n in (64, 128)},
}


def has_settled(calls: int, latest: int, compiles: int) -> bool:
    """Whether a function compiles no more, after `calls` calls of which the `latest` compiled.

    It does once more calls in a row have reused what there is than have compiled: what looked like
    a loop that compiles at every step was a warm-up.
    """
    return calls - latest > compiles


def sentence(cause: Cause) -> str:
    """Return what changed, as a clause: "`x` changed its shape from f32[8,3] to f32[7,3]"."""
    return _SENTENCES[cause.kind](cause)


def fix(cause: Cause, flavour: JitFlavour) -> str:
    """Return what to do so that a function jitted by `flavour` need not compile for `cause`."""
    return _FIXES[cause.kind](cause, flavour)


# --- What changed


def _changed(what: str) -> Callable[[Cause], str]:
    return lambda cause: f"`{cause.path}` changed its {what} from {cause.old} to {cause.new}"


def _dtype(cause: Cause) -> str:
    weak = ("weak " if text.startswith("weak ") else "" for text in (cause.old, cause.new))
    old, new = (w + _dtype_of(t) for w, t in zip(weak, (cause.old, cause.new), strict=True))
    return f"`{cause.path}` changed its dtype from {old} to {new}"


def _weak_type(cause: Cause) -> str:
    if cause.new.startswith("weak "):
        return (
            f"`{cause.path}` became weakly typed: {cause.old} before, {cause.new} now, which is a "
            "Python number or made of one"
        )
    return (
        f"`{cause.path}` is no longer weakly typed: {cause.old} before, which is a Python number "
        f"or made of one, {cause.new} now"
    )


def _static_value(cause: Cause) -> str:
    if _ARRAY.fullmatch(cause.new) and not _ARRAY.fullmatch(cause.old):
        return f"`{cause.path}` was static, {cause.old}, and is traced now: {cause.new}"
    if _ARRAY.fullmatch(cause.old) and not _ARRAY.fullmatch(cause.new):
        return f"`{cause.path}` was traced, {cause.old}, and is static now: {cause.new}"
    if cause.old == cause.new:
        return f"`{cause.path}` is another object than before, and not equal to it: {cause.new}"
    return f"`{cause.path}` is static, and changed from {cause.old} to {cause.new}"


def _static_field(cause: Cause) -> str:
    return f"the static field `{cause.path}` changed from {cause.old} to {cause.new}"


def _new_function(cause: Cause) -> str:
    if not cause.path:
        return f"the function was made anew and jitted again: {cause.new}"
    return f"`{cause.path}` is a new function object made by the same code: {cause.new}"


def _dict_keys(cause: Cause) -> str:
    parts = [f"lost {_keys(cause.old)}"] if cause.old else []
    parts += [f"got {_keys(cause.new)}"] if cause.new else []
    return f"`{cause.path}` {' and '.join(parts)}"


def _keys(keys: str) -> str:
    return f"the key {keys}" if ", " not in keys else f"the keys {keys}"


def _node_type(cause: Cause) -> str:
    if cause.old == cause.new:
        return f"`{cause.path}` is of a class that was made anew: {cause.new}"
    return _changed("type")(cause)


def _structure(cause: Cause) -> str:
    if cause.old == _NOT_GIVEN:
        return f"`{cause.path}` was left to its default before, and is given now: {cause.new}"
    if cause.new == _NOT_GIVEN:
        return f"`{cause.path}` was given before, {cause.old}, and is left to its default now"
    if cause.new.startswith("by "):
        return f"`{cause.path}` was given {cause.old} before, and is given {cause.new} now"
    return f"`{cause.path}` changed its structure from {cause.old} to {cause.new}"


def _committed(cause: Cause) -> str:
    if cause.new == "committed":
        return f"`{cause.path}` is committed to its device now, and was free to follow others"
    return f"`{cause.path}` was committed to its device, and is free to follow others now"


def _sharding(cause: Cause) -> str:
    if cause.path in ("in_shardings", "out_shardings"):
        return _option(cause)
    return f"`{cause.path}` changed its sharding from {cause.old} to {cause.new}"


def _device(cause: Cause) -> str:
    if cause.path in ("device", "backend"):
        return _option(cause)
    return f"`{cause.path}` moved from {cause.old} to {cause.new}"


def _option(cause: Cause) -> str:
    if cause.old == _NOT_GIVEN:
        return f"the function was jitted again, with `{cause.path}={cause.new}`"
    if cause.new == _NOT_GIVEN:
        return f"the function was jitted again, without `{cause.path}={cause.old}`"
    return (
        f"the function was jitted again, with `{cause.path}={cause.new}` in place of `{cause.old}`"
    )


def _config(cause: Cause) -> str:
    return f"the setting `{cause.path}` changed from {cause.old} to {cause.new}"


def _transformation(cause: Cause) -> str:
    if cause.path:
        old, new = (
            "not transformed" if text == "none" else f"traced by {text}"
            for text in (cause.old, cause.new)
        )
        return f"`{cause.path}` was {old} before, and is {new} now"
    old, new = (
        "by itself" if text == "none" else f"under {text}" for text in (cause.old, cause.new)
    )
    return f"it was called {old} before, and is called {new} now"


def _eviction(cause: Cause) -> str:
    return "it was compiled for such a call before, and JAX has forgotten it"


def _unknown(cause: Cause) -> str:
    return "nothing was found in which this call differs from those before"


# --- What to do


def _fix_shape(cause: Cause, flavour: JitFlavour) -> str:
    old, new = _dims_of(cause.old), _dims_of(cause.new)
    if "key<" in cause.old + cause.new:
        return _ONE_KIND_OF_KEY
    if len(old) != len(new):
        return "Give it the same number of axes each time: `x[None]` adds one, `x.squeeze()` drops."
    if "." in cause.path:
        return "Make the model once, of one size, and before the loop: each size is compiled once."
    differing = [axis for axis, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    if differing != [0]:
        return "Pad it to one shape, or to a few fixed ones: each shape is compiled once."
    if new[0] == old[0] + 1:
        return (
            "If it grows from call to call, make it of the full length at once and fill it, with "
            "`x.at[i].set(...)`; if lengths vary, pad to a few fixed ones: each is compiled once."
        )
    return (
        "If this is the last batch, pad it or drop it; if lengths vary, pad to a few fixed ones: "
        "each shape is compiled once."
    )


def _fix_dtype(cause: Cause, flavour: JitFlavour) -> str:
    if "key<" in cause.old + cause.new:
        return _ONE_KIND_OF_KEY
    long = _long_dtype(cause)
    if cause.new.endswith("[]"):  # it may be a number of Python's
        return f"Pass the number as one type: `jnp.asarray({cause.path}, jnp.{long})`."
    if "." in cause.path:
        return "Cast the model once, before the first call, and keep it so."
    return f"Convert it before the call: `{cause.path}.astype(jnp.{long})`."


_ONE_KIND_OF_KEY = "Make every key by `jax.random.key`, or every key by `jax.random.PRNGKey`."


def _fix_weak_type(cause: Cause, flavour: JitFlavour) -> str:
    long = _long_dtype(cause)
    return (
        f"Make the scalar's type explicit from the first call on: "
        f"`jnp.asarray({cause.path}, jnp.{long})`."
    )


def _fix_static_value(cause: Cause, flavour: JitFlavour) -> str:
    if cause.old == cause.new:
        return (
            "Pass the same object each time, or let its class compare by what it holds: "
            "`@dataclass(frozen=True)`, or `__eq__` and `__hash__`."
        )
    if _ARRAY.fullmatch(cause.new) or _ARRAY.fullmatch(cause.old):
        return f"Pass an array each time: `jnp.asarray({cause.path})`."
    if not _is_number(cause.new) or not _is_number(cause.old):
        return (
            "Each value is compiled once, which is well for a few. If it changes often, pass an "
            "array and choose within: `jnp.where`, `jax.lax.cond`, `jax.lax.switch`."
        )
    if flavour is JitFlavour.JAX:
        root = re.split(r"[.\[]", cause.path, maxsplit=1)[0]
        traced = (
            f"do not mark `{root}` static" if root == cause.path else f"take it out of `{root}`"
        )
    else:
        traced = f"pass it as an array, `jnp.asarray({cause.path})`"
    return (
        f"If only its value is computed with, {traced}; if it sets a shape, a length or a branch, "
        "it must stay static: round it up to one of a few values, and pad."
    )


def _fix_static_field(cause: Cause, flavour: JitFlavour) -> str:
    if _is_number(cause.new) and _is_number(cause.old):
        return (
            "Let the field hold an array and be no static one, unless shapes depend on it: "
            "mark a field static only if it seldom changes."
        )
    return "Mark a field static only if it seldom changes: each value is compiled once."


def _fix_new_function(cause: Cause, flavour: JitFlavour) -> str:
    if not cause.path:
        return (
            "Hoist the jit out of the loop: jit the function once, and pass what changes as an "
            "argument."
        )
    return (
        "Define the function once, outside of the loop: a lambda or a partial is a new object each "
        "time it is evaluated."
    )


def _fix_dict_keys(cause: Cause, flavour: JitFlavour) -> str:
    return "Give the dict the same keys each time, with zeros or a mask where there is nothing."


def _fix_node_type(cause: Cause, flavour: JitFlavour) -> str:
    if cause.old == cause.new:
        return f"Define the class {cause.new} once, outside of the function or loop."
    if "None" in (cause.old, cause.new):
        return "Pass an array each time, of zeros where there is nothing; or None each time."
    if _ARRAY.fullmatch(cause.old) or _ARRAY.fullmatch(cause.new):
        return "Pass one array each time: `jnp.stack` makes one of several."
    return f"Build it of the same types each time: always a {cause.old}, or always a {cause.new}."


def _fix_structure(cause: Cause, flavour: JitFlavour) -> str:
    if _NOT_GIVEN in (cause.old, cause.new):
        return "Give the argument in every call, or in none."
    if cause.new.startswith("by "):
        return "Give the argument one way in every call: by position, or by keyword."
    return (
        "Keep the number of items, or put them into one array, padded to one length: `jnp.stack`."
    )


def _fix_device(cause: Cause, flavour: JitFlavour) -> str:
    if cause.path in ("device", "backend"):
        return _fix_option(cause, flavour)
    return "Put everything on one device once, before the loop: `jax.device_put(x, device)`."


def _fix_committed(cause: Cause, flavour: JitFlavour) -> str:
    return (
        "Place it alike from the first call on: by `jax.device_put(x, device)` each time, or never."
    )


def _fix_sharding(cause: Cause, flavour: JitFlavour) -> str:
    if cause.path in ("in_shardings", "out_shardings"):
        return _fix_option(cause, flavour)
    if flavour is JitFlavour.JAX:
        return (
            "Shard it alike from the first call on, by `jax.device_put`, and state the result's "
            "with `out_shardings`."
        )
    return "Shard it alike from the first call on: `filter_shard`, on the result as well."


def _fix_option(cause: Cause, flavour: JitFlavour) -> str:
    return f"Jit the function once, with one `{cause.path}`, and call that."


def _fix_config(cause: Cause, flavour: JitFlavour) -> str:
    if not cause.path.startswith("jax_"):
        return "Make every call within the same `with`, or none."
    return "Set it once, at the start of the script, or call always within the same `with`."


def _fix_transformation(cause: Cause, flavour: JitFlavour) -> str:
    return "Jit what is transformed as a whole, such as `jax.jit(jax.value_and_grad(loss))`."


def _fix_eviction(cause: Cause, flavour: JitFlavour) -> str:
    return "Take `jax.clear_caches()` and the function's `clear_cache()` out of the loop."


def _fix_unknown(cause: Cause, flavour: JitFlavour) -> str:
    return "JAX logs its own reason with `jax.config.update('jax_explain_cache_misses', True)`."


def _dims_of(text: str) -> list[int]:
    match = _ARRAY.fullmatch(text)
    return [int(n) for n in match["dims"].split(",") if n] if match else []


def _dtype_of(text: str) -> str:
    match = _ARRAY.fullmatch(text)
    return match["dtype"] if match else text


def _long_dtype(cause: Cause) -> str:
    """Return the dtype to convert to: the earlier one, unless that would cut values off."""
    old, new = _dtype_of(cause.old), _dtype_of(cause.new)
    kept = new if _kind(new) > _kind(old) else old
    return _LONG_DTYPES.get(kept, "float32")


def _kind(dtype: str) -> int:
    return next((at for at, starts in enumerate(_KINDS) if dtype.startswith(starts)), -1)


def _is_number(text: str) -> bool:
    try:
        complex(text)
    except ValueError:
        return False
    return True


_SENTENCES: dict[CauseKind, Callable[[Cause], str]] = {
    CauseKind.SHAPE: _changed("shape"),
    CauseKind.DTYPE: _dtype,
    CauseKind.WEAK_TYPE: _weak_type,
    CauseKind.STATIC_VALUE: _static_value,
    CauseKind.NEW_FUNCTION: _new_function,
    CauseKind.DICT_KEYS: _dict_keys,
    CauseKind.STATIC_FIELD: _static_field,
    CauseKind.NODE_TYPE: _node_type,
    CauseKind.STRUCTURE: _structure,
    CauseKind.DEVICE: _device,
    CauseKind.COMMITTED: _committed,
    CauseKind.SHARDING: _sharding,
    CauseKind.DONATION: _option,
    CauseKind.CONFIG: _config,
    CauseKind.TRANSFORMATION: _transformation,
    CauseKind.EVICTION: _eviction,
    CauseKind.UNKNOWN: _unknown,
}
_FIXES: dict[CauseKind, Callable[[Cause, JitFlavour], str]] = {
    CauseKind.SHAPE: _fix_shape,
    CauseKind.DTYPE: _fix_dtype,
    CauseKind.WEAK_TYPE: _fix_weak_type,
    CauseKind.STATIC_VALUE: _fix_static_value,
    CauseKind.NEW_FUNCTION: _fix_new_function,
    CauseKind.DICT_KEYS: _fix_dict_keys,
    CauseKind.STATIC_FIELD: _fix_static_field,
    CauseKind.NODE_TYPE: _fix_node_type,
    CauseKind.STRUCTURE: _fix_structure,
    CauseKind.DEVICE: _fix_device,
    CauseKind.COMMITTED: _fix_committed,
    CauseKind.SHARDING: _fix_sharding,
    CauseKind.DONATION: _fix_option,
    CauseKind.CONFIG: _fix_config,
    CauseKind.TRANSFORMATION: _fix_transformation,
    CauseKind.EVICTION: _fix_eviction,
    CauseKind.UNKNOWN: _fix_unknown,
}
