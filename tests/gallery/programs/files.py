"""Files that are not those of the model, or no longer whole."""

import io
import pathlib
import tempfile

import jax
import jax.numpy as jnp
import numpy as np

from tests.gallery.wrong import wrong


def _linear(eqx, inputs=2, outputs=3, **options):
    return eqx.nn.Linear(inputs, outputs, key=jax.random.key(0), **options)


def _file(eqx, tree):
    file = io.BytesIO()
    eqx.tree_serialise_leaves(file, tree)
    file.seek(0)
    return file


def _folder():
    return pathlib.Path(tempfile.mkdtemp())


@wrong(RuntimeError, where=".weight", value=("(3, 2)", "(5, 4)"), fix="hyperparameters")
def a_model_of_other_sizes(eqx):
    eqx.tree_deserialise_leaves(_file(eqx, _linear(eqx)), _linear(eqx, 4, 5))


@wrong(RuntimeError, where=".weight", value=("float32", "float16"), fix="hyperparameters")
def a_model_of_another_dtype(eqx):
    eqx.tree_deserialise_leaves(_file(eqx, _linear(eqx)), _linear(eqx, dtype=jnp.float16))


@wrong(RuntimeError, where="['b']", value=("(2,)", "(3,)"), fix="the same order of leaves")
def leaves_in_another_order(eqx):
    saved = {"a": jnp.ones(3), "b": jnp.ones(2)}
    eqx.tree_deserialise_leaves(_file(eqx, saved), {"b": jnp.ones(3), "a": jnp.ones(3)})


@wrong(RuntimeError, where=".bias", value="the file ends before it", fix="same structure")
def a_model_with_more_leaves_than_the_file(eqx):
    file = _file(eqx, _linear(eqx, use_bias=False))
    eqx.tree_deserialise_leaves(file, _linear(eqx))


@wrong(RuntimeError, where=".bias", value="7 of 12 bytes", fix="save it again")
def a_truncated_file(eqx):
    data = _file(eqx, _linear(eqx)).getvalue()
    eqx.tree_deserialise_leaves(io.BytesIO(data[:-5]), _linear(eqx))


@wrong(RuntimeError, where=".weight", value="the file ends before it", fix="Is the file whole")
def an_empty_file(eqx):
    eqx.tree_deserialise_leaves(io.BytesIO(), _linear(eqx))


@wrong(RuntimeError, where=".weight", value="b'not a '", fix="`tree_serialise_leaves` wrote")
def a_file_of_text(eqx):
    eqx.tree_deserialise_leaves(io.BytesIO(b"not a model at all, only words"), _linear(eqx))


@wrong(RuntimeError, where=".weight", value="a zip archive", fix="`tree_serialise_leaves` wrote")
def an_archive_of_numpy(eqx):
    path = _folder() / "model.npz"
    np.savez(path, weight=np.ones((3, 2)))
    eqx.tree_deserialise_leaves(open(path, "rb"), _linear(eqx))  # noqa: SIM115


@wrong(RuntimeError, where=".weight", value="a pickle", fix="`tree_serialise_leaves` wrote")
def a_pickle(eqx):
    import pickle

    data = pickle.dumps({"weight": np.ones((3, 2))})
    eqx.tree_deserialise_leaves(io.BytesIO(data), _linear(eqx))


@wrong(RuntimeError, where=".bias", value="its header is damaged", fix="save it again")
def a_file_with_a_broken_header(eqx):
    data = bytearray(_file(eqx, _linear(eqx)).getvalue())
    start = data.rfind(b"\x93NUMPY")
    data[start + 10 : start + 20] = b"?" * 10
    eqx.tree_deserialise_leaves(io.BytesIO(bytes(data)), _linear(eqx))


@wrong(RuntimeError, where=".weight", value="version 9.0", fix="a newer NumPy")
def a_file_of_a_later_version(eqx):
    data = bytearray(_file(eqx, _linear(eqx)).getvalue())
    data[6] = 9
    eqx.tree_deserialise_leaves(io.BytesIO(bytes(data)), _linear(eqx))


@wrong(FileNotFoundError, where="path_or_file", value="absent.eqx", fix="there is 'model.eqx'")
def a_file_that_is_not_there(eqx):
    folder = _folder()
    eqx.tree_serialise_leaves(folder / "model.eqx", _linear(eqx))
    eqx.tree_deserialise_leaves(folder / "absent.eqx", _linear(eqx))


@wrong(FileNotFoundError, where="path_or_file", value="model'", fix="'.eqx' is added")
def a_file_of_another_suffix(eqx):
    path = _folder() / "model"
    np.save(open(path, "wb"), np.ones(2))  # noqa: SIM115
    eqx.tree_deserialise_leaves(path, _linear(eqx))


@wrong(IsADirectoryError, where="path_or_file", value="runs.eqx", fix="the path of a file")
def a_folder_in_place_of_a_file(eqx):
    path = _folder() / "runs.eqx"
    path.mkdir()
    eqx.tree_deserialise_leaves(path, _linear(eqx))


@wrong(FileNotFoundError, where="path_or_file", value="runs", fix="mkdir")
def a_file_saved_into_a_folder_that_is_not_there(eqx):
    eqx.tree_serialise_leaves(_folder() / "runs" / "model.eqx", _linear(eqx))


@wrong(
    TypeError,
    where="path_or_file",
    value="MLP",
    fix="the PyTree second",
    allowed="it writes nothing, a name having no arrays, and does not look at the file",
)
def arguments_of_saving_in_a_wrong_order(eqx):
    model = eqx.nn.MLP(2, 2, 4, 1, key=jax.random.key(0))
    eqx.tree_serialise_leaves(model, "model.eqx")


@wrong(RuntimeError, where="path_or_file", value="'w'", fix="'wb'")
def a_text_file_to_save_in(eqx):
    with open(_folder() / "model.eqx", "w") as file:
        eqx.tree_serialise_leaves(file, _linear(eqx))


@wrong(RuntimeError, where="path_or_file", value="'r'", fix="'rb'")
def a_text_file_to_load_from(eqx):
    path = _folder() / "model.eqx"
    eqx.tree_serialise_leaves(path, _linear(eqx))
    with open(path) as file:
        eqx.tree_deserialise_leaves(file, _linear(eqx))


@wrong(
    RuntimeError,
    where="['size']",
    value="3.5",
    fix="Give `like` a `float` there",
    allowed="it makes 3 of 3.5",
)
def a_number_saved_as_another_type(eqx):
    file = _file(eqx, {"size": 3.5})
    eqx.tree_deserialise_leaves(file, {"size": 3})


@wrong(RuntimeError, where="['weight']", value=("(3,)", "()"), fix="Make `like` as the PyTree was")
def a_number_saved_in_place_of_an_array(eqx):
    eqx.tree_deserialise_leaves(_file(eqx, {"weight": 3}), {"weight": jnp.ones(3)})


@wrong(TypeError, where="like", value="tree_deserialise_leaves", fix="required positional argument")
def loading_without_a_model(eqx):
    eqx.tree_deserialise_leaves(_file(eqx, _linear(eqx)))


@wrong(RuntimeError, where=".weight", value="a traced array", fix="outside of `filter_jit`")
def saving_inside_a_compiled_function(eqx):
    eqx.filter_jit(lambda model: eqx.tree_serialise_leaves(io.BytesIO(), model))(_linear(eqx))


@wrong(RuntimeError, where="filter_spec", value="'bool'", fix="a function")
def a_bool_as_specification_of_saving(eqx):
    eqx.tree_serialise_leaves(io.BytesIO(), _linear(eqx), filter_spec=True)


@wrong(ValueError, where="filter_spec", value="a list of 2", fix="that node, or one leaf")
def a_specification_of_saving_that_does_not_fit(eqx):
    spec = [eqx.default_serialise_filter_spec] * 2
    eqx.tree_serialise_leaves(io.BytesIO(), [jnp.ones(2)], filter_spec=spec)
