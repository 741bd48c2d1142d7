"""The bundled examples, as the start page offers them."""

from dataclasses import dataclass
from pathlib import Path

import eqxviz


@dataclass(frozen=True)
class Example:
    """A script to start from."""

    name: str
    title: str
    text: str

    @property
    def path(self) -> Path:
        """Where the script is."""
        return Path(eqxviz.__file__).resolve().parent / "examples" / f"{self.name}.py"

    def picture(self, is_dark: bool) -> str:
        """Return the name of the asset that shows the example in the window."""
        return f"example-{self.name}-{'dark' if is_dark else 'light'}.png"


EXAMPLES: tuple[Example, ...] = (
    Example(
        "polynomial",
        "Polynomial regression",
        "A small MLP learns a cubic from noisy points. Trains in seconds.",
    ),
    Example(
        "transformer",
        "Character transformer",
        "A small language model with attention blocks written in the script.",
    ),
)


def is_bundled(path: str) -> bool:
    """Return whether `path` is one of the examples."""
    return any(Path(path).resolve() == example.path for example in EXAMPLES)
