"""Why a function compiled again, in words, and what to do about it."""

from collections.abc import Callable

from eqxviz.records.run import Cause, CauseKind, JitFlavour

_NOT_GIVEN = "not given"
_OF_THE_JITTED = "the jitted function"


def sentence(cause: Cause) -> str:
    """Return what changed, as a clause: "`x` changed its shape from f32[8,3] to f32[7,3]"."""
    return _WORDS[cause.kind][0](cause)


def fix(cause: Cause, flavour: JitFlavour) -> str:
    """Return what to do so that a function jitted by `flavour` need not compile for `cause`."""
    return _WORDS[cause.kind][1](cause, flavour)


def _name(cause: Cause) -> str:
    return f"`{cause.path}`" if cause.path else _OF_THE_JITTED


def _changed(what: str) -> Callable[[Cause], str]:
    def words(cause: Cause) -> str:
        return f"{_name(cause)} changed its {what} from {cause.old} to {cause.new}"

    return words


def _static_value(cause: Cause) -> str:
    if cause.old == cause.new:
        return f"{_name(cause)} is another object than before, and not equal to it: {cause.new}"
    return f"{_name(cause)} is static, and changed from {cause.old} to {cause.new}"


def _new_function(cause: Cause) -> str:
    if not cause.path:
        return f"the function was made anew and jitted again: {cause.new}"
    return f"`{cause.path}` is a new function object made by the same code: {cause.new}"


def _dict_keys(cause: Cause) -> str:
    parts = [f"lost {_keys(cause.old)}"] if cause.old else []
    parts += [f"got {_keys(cause.new)}"] if cause.new else []
    return f"{_name(cause)} {' and '.join(parts)}"


def _keys(keys: str) -> str:
    return f"the key {keys}" if ", " not in keys else f"the keys {keys}"


def _structure(cause: Cause) -> str:
    if cause.old == _NOT_GIVEN:
        return f"{_name(cause)} was left to its default, and is given now: {cause.new}"
    if cause.new == _NOT_GIVEN:
        return f"{_name(cause)} was given ({cause.old}), and is left to its default now"
    if cause.new.startswith("by "):
        return f"{_name(cause)} was given {cause.old}, and is given {cause.new} now"
    return f"{_name(cause)} changed its structure from {cause.old} to {cause.new}"


def _option(what: str) -> Callable[[Cause], str]:
    def words(cause: Cause) -> str:
        if cause.path.startswith(("donate", "in_shardings", "out_shardings", "device", "backend")):
            return f"it was jitted with another `{cause.path}`: {cause.old}, now {cause.new}"
        return f"{_name(cause)} changed its {what} from {cause.old} to {cause.new}"

    return words


def _committed(cause: Cause) -> str:
    if cause.new == "committed":
        return f"{_name(cause)} is now committed to its device, and was free to follow others"
    return f"{_name(cause)} was committed to its device, and is now free to follow others"


def _config(cause: Cause) -> str:
    return f"the setting `{cause.path}` changed from {cause.old} to {cause.new}"


def _transformation(cause: Cause) -> str:
    how = {"none": "by itself"}
    old, new = (how.get(text, f"under {text}") for text in (cause.old, cause.new))
    return f"it was called {old} before, and is called {new} now"


def _eviction(cause: Cause) -> str:
    return "it was compiled for such a call before, and JAX has forgotten it"


def _unknown(cause: Cause) -> str:
    return "no difference was found to the calls before"


def _fix_shape(cause: Cause, flavour: JitFlavour) -> str:
    old, new = _dims(cause.old), _dims(cause.new)
    if old[1:] == new[1:] and old and new:
        return (
            "If it is the last batch of a data set, pad it or drop it; "
            "if lengths vary, pad them to a few fixed sizes."
        )
    return "Pad it to one shape, or to a few fixed ones: each shape is compiled once."


def _dims(text: str) -> list[str]:
    inside = text.partition("[")[2].rstrip("]")
    return inside.split(",") if inside else []


def _fix_dtype(cause: Cause, flavour: JitFlavour) -> str:
    if cause.new.startswith("weak ") or cause.old.startswith("weak "):
        return "Make the number's type explicit, and always the same: `jnp.float32(x)`."
    dtype = cause.old.partition("[")[0]
    return (
        f"Convert it before the call, with `.astype` to {dtype}, or make it in one dtype "
        "from the start."
    )


def _fix_weak_type(cause: Cause, flavour: JitFlavour) -> str:
    dtype = cause.new.removeprefix("weak ").partition("[")[0]
    long = _LONG_DTYPES.get(dtype, "the dtype")
    return (
        f"Make its type explicit: `jnp.asarray(x, {long})`. "
        "Arrays that are made of Python numbers have a weak type."
    )


_LONG_DTYPES = {
    **{f"f{n}": f"jnp.float{n}" for n in (16, 32, 64)},
    **{f"{u}{n}": f"jnp.{'u' * (u == 'u')}int{n}" for u in "iu" for n in (8, 16, 32, 64)},
    **{f"c{n}": f"jnp.complex{n}" for n in (64, 128)},
    "bf16": "jnp.bfloat16",
}


def _fix_static_value(cause: Cause, flavour: JitFlavour) -> str:
    last = cause.path.rpartition(".")[2]
    if cause.old == cause.new:
        return (
            "Pass the same object each time, or give its class `__eq__` and `__hash__` "
            "by what it holds: `@dataclass(frozen=True)`."
        )
    if "[" in cause.new or ("[" in cause.old and not cause.old.startswith(("[", "("))):
        return "Pass an array each time, `jnp.asarray(...)`, never now a number and now an array."
    if not _is_number(cause.new):
        return "Each value is compiled once. That is well for a few; choose among arrays otherwise."
    if flavour is JitFlavour.JAX:
        return (
            f"Do not mark `{last}` static if it changes often, unless shapes depend on it: then "
            "keep to a few values."
        )
    return f"Pass it as an array: `jnp.asarray({last or 'n'})`. Numbers are static to `filter_jit`."


def _is_number(text: str) -> bool:
    try:
        complex(text)
    except ValueError:
        return False
    return True


def _fix_new_function(cause: Cause, flavour: JitFlavour) -> str:
    if not cause.path:
        return (
            "Hoist the jit out of the loop or function: make the jitted function once, and pass "
            "what changes as an argument."
        )
    return (
        "Define the function once, outside of the loop, and pass that; a lambda or a partial is a "
        "new function each time. `jax.tree_util.Partial` carries arrays along as arguments."
    )


def _fix_dict_keys(cause: Cause, flavour: JitFlavour) -> str:
    return "Give the dict the same keys each time, with an array of zeros or None kept in place."


def _fix_static_field(cause: Cause, flavour: JitFlavour) -> str:
    if flavour is not JitFlavour.JAX and not _is_number(cause.new):
        return "Mark a field static only if it seldom changes: each value is compiled once."
    return (
        "Mark a field static only if it seldom changes; let this one hold an array instead, "
        "`jnp.asarray(...)`."
    )


def _fix_node_type(cause: Cause, flavour: JitFlavour) -> str:
    if "None" in (cause.old, cause.new):
        return "Pass an array each time, of zeros where there is nothing, or None each time."
    return "Build it of the same types each time."


def _fix_structure(cause: Cause, flavour: JitFlavour) -> str:
    if _NOT_GIVEN in (cause.old, cause.new):
        return "Give the argument in every call, or in none."
    if cause.new.startswith("by "):
        return "Give the argument one way in every call: by position, or by keyword."
    return "Stack what varies in number into one array, padded to one length, with `jnp.stack`."


def _fix_device(cause: Cause, flavour: JitFlavour) -> str:
    return "Put it on one device once, before the loop: `jax.device_put(x, device)`."


def _fix_committed(cause: Cause, flavour: JitFlavour) -> str:
    return (
        "Treat it alike from the start: `jax.device_put(x, device)` before the first call, or no "
        "`device_put` at all."
    )


def _fix_sharding(cause: Cause, flavour: JitFlavour) -> str:
    if cause.path.endswith("_shardings"):
        return "Jit the function once, with one sharding."
    if flavour is JitFlavour.JAX:
        return "Give it one sharding: `jax.device_put` before the first call, and `out_shardings`."
    return "Give it one sharding: `filter_shard` before the first call, and on the result."


def _fix_donation(cause: Cause, flavour: JitFlavour) -> str:
    return f"Jit the function once, with one `{cause.path}`, and call that."


def _fix_config(cause: Cause, flavour: JitFlavour) -> str:
    if not cause.path.startswith("jax_"):
        return "Make every call within the same `with`."
    return "Set it once, at the start of the script, or call it always within the same `with`."


def _fix_transformation(cause: Cause, flavour: JitFlavour) -> str:
    return "Both are needed once. Jit the gradient or the vmapped function as a whole."


def _fix_eviction(cause: Cause, flavour: JitFlavour) -> str:
    return "Take `jax.clear_caches()` or `clear_cache()` out of the loop, and keep the function."


def _fix_unknown(cause: Cause, flavour: JitFlavour) -> str:
    return "Run with `jax.config.update('jax_explain_cache_misses', True)`; JAX logs its reason."


_Words = tuple[Callable[[Cause], str], Callable[[Cause, JitFlavour], str]]
_WORDS: dict[CauseKind, _Words] = {
    CauseKind.SHAPE: (_changed("shape"), _fix_shape),
    CauseKind.DTYPE: (_changed("dtype"), _fix_dtype),
    CauseKind.WEAK_TYPE: (_changed("type"), _fix_weak_type),
    CauseKind.STATIC_VALUE: (_static_value, _fix_static_value),
    CauseKind.NEW_FUNCTION: (_new_function, _fix_new_function),
    CauseKind.DICT_KEYS: (_dict_keys, _fix_dict_keys),
    CauseKind.STATIC_FIELD: (_changed("static field"), _fix_static_field),
    CauseKind.NODE_TYPE: (_changed("type"), _fix_node_type),
    CauseKind.STRUCTURE: (_structure, _fix_structure),
    CauseKind.DEVICE: (_option("device"), _fix_device),
    CauseKind.COMMITTED: (_committed, _fix_committed),
    CauseKind.SHARDING: (_option("sharding"), _fix_sharding),
    CauseKind.DONATION: (_option("donation"), _fix_donation),
    CauseKind.CONFIG: (_config, _fix_config),
    CauseKind.TRANSFORMATION: (_transformation, _fix_transformation),
    CauseKind.EVICTION: (_eviction, _fix_eviction),
    CauseKind.UNKNOWN: (_unknown, _fix_unknown),
}
