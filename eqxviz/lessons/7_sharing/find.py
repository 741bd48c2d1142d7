import textwrap

import jax.random as jr

import eqxcore as eqx

layer = eqx.nn.Linear(3, 3, key=jr.key(0))
one_layer = {"first": layer, "second": layer}

first = eqx.nn.Linear(3, 3, key=jr.key(0))
second = eqx.nn.Linear(3, 3, key=jr.key(1))
second = eqx.tree_at(lambda layer: layer.weight, second, first.weight)
one_weight = {"first": first, "second": second}

models = {"one layer": one_layer, "one weight": one_weight}
for name, model in models.items():
    try:
        eqx.tree_check(model)
        print(f"{name}: nothing found")
    except ValueError as error:
        print(textwrap.fill(f"{name}: {error}", 90))
