"""Adding commands to a parser: what a list says of one, its own help says as a sentence."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argparse import ArgumentParser


def adding(commands: Any) -> "Callable[..., ArgumentParser]":
    """Return `commands.add_parser`, which describes a command by its `help` if by nothing else."""

    def add(name: str, *, help: str, description: str = "", **options: Any) -> "ArgumentParser":
        sentence = f"{help[0].upper()}{help[1:]}."
        return commands.add_parser(name, help=help, description=description or sentence, **options)

    return add
