import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class StyleTransfer(eqx.Module):
    content_net: eqx.nn.Linear
    style_net: eqx.nn.Linear
    mapper: eqx.nn.MLP

    def losses(self, content, style):
        image = jax.vmap(self.mapper)(content)
        near = jnp.mean((jax.vmap(self.content_net)(image) - jax.vmap(self.content_net)(content)) ** 2)
        features, wanted = jax.vmap(self.style_net)(image), jax.vmap(self.style_net)(style)
        gram = jnp.mean((features.T @ features - wanted.T @ wanted) ** 2) / len(style) ** 2
        return near, gram


def main():
    net_key, mapper_key, content_key, style_key = jr.split(jr.key(0), 4)
    features = eqx.nn.Linear(6, 8, key=net_key)
    model = StyleTransfer(features, features, eqx.nn.MLP(6, 6, 16, 1, jnp.tanh, key=mapper_key))
    spec = eqx.tree_at(
        lambda m: m.mapper,
        jax.tree.map(lambda _: False, model),
        jax.tree.map(eqx.is_inexact_array, model.mapper),
    )
    content, style = jr.normal(content_key, (32, 6)), 2 * jr.normal(style_key, (32, 6))
    tx = optax.adam(1e-2)
    opt_state = tx.init(eqx.filter(model, spec))

    @eqx.filter_jit
    def step(model, opt_state):
        trained, frozen = eqx.partition(model, spec)

        def loss_fn(trained):
            near, gram = eqx.combine(trained, frozen).losses(content, style)
            return near + gram

        loss, grads = eqx.filter_value_and_grad(loss_fn)(trained)
        updates, opt_state = tx.update(grads, opt_state)
        return eqx.combine(eqx.apply_updates(trained, updates), frozen), opt_state, loss

    for _ in range(12):
        model, opt_state, loss = step(model, opt_state)
    print(loss)


if __name__ == "__main__":
    main()
