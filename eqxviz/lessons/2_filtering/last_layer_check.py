import jax
import jax.random as jr

import eqxcore as eqx


def check(answer):
    last_layer = getattr(answer, "last_layer", None)
    assert callable(last_layer), "There is no function `last_layer`. Define `last_layer(model)`."
    for depth in (1, 3, 2):
        model = eqx.nn.MLP(3, 2, width_size=5, depth=depth, key=jr.key(depth))
        spec = last_layer(model)
        assert spec is not None, "`last_layer` returned None. Does it return the spec?"
        try:
            chosen, others = eqx.partition(model, spec)
        except (TypeError, ValueError) as error:
            raise AssertionError(
                f"For depth {depth}, `eqx.partition` does not take what `last_layer` returned: "
                f"{str(error)[:300].rstrip('.')}. A spec has the structure of the model, or stops "
                "early, and its leaves are Booleans or filter functions."
            ) from error
        expected = [f".layers[{depth}].weight", f".layers[{depth}].bias"]
        found = [
            jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(chosen)
        ]
        missing = [path for path in expected if path not in found]
        too_many = [path for path in found if path not in expected]
        assert not missing, (
            f"For an MLP of depth {depth}, which has {depth + 1} layers, `last_layer` chooses "
            f"{found or 'nothing'}: {' and '.join(missing)} missing. See which places become True."
        )
        assert not too_many, (
            f"For an MLP of depth {depth}, `last_layer` chooses more than the last layer: "
            f"{', '.join(too_many)}. See which places become True."
        )
        assert eqx.tree_equal(eqx.combine(chosen, others), model)
