"""What an action is."""

from collections.abc import Callable
from dataclasses import dataclass

from eqxviz.session.session import Session


def _always(session: Session) -> bool:
    return True


@dataclass(frozen=True)
class Action:
    """Something the user can do. With `run` None the window carries it out, by its name."""

    name: str  # "run.pause"
    title: str  # "Pause the run"
    key: str  # "F6", as Qt writes it; "" for none
    group: str  # "File", "Model", "Graph", "Curves", "Run", "Kept runs", "Go", ...: its menu
    icon: str = ""  # a name of qtawesome
    enabled: Callable[[Session], bool] = _always
    run: Callable[[Session], None] | None = None
