"""A visual debugger for JAX: PyTrees, filtering, jaxprs, compilation and training, seen live."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    __version__: str


def __getattr__(name: str) -> str:
    # Asking for the version reads files, which not every import of a module should wait for.
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("eqxviz")
    except PackageNotFoundError:
        return "0+checkout"
