"""Keeping what the latest call was given, so that it can be replayed."""

from eqxviz.capturing.held import KeptCall


class Keeper:
    """Holds the latest call while keeping is on."""

    def __init__(self) -> None:
        self.is_on = False
        self.kept: KeptCall | None = None

    def turn(self, is_on: bool) -> None:
        """Keep calls from now on, or let go of the kept one and keep none."""
        self.is_on = is_on
        if not is_on:
            self.kept = None
