"""By which column the rows of a table are sorted."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RowSorting:
    """A column and which way; without a column the rows are in the table's own order."""

    column: int | None = None
    descending: bool = False

    def clicked(self, column: int, *, falls_first: bool) -> "RowSorting":
        """Return what a click on the head of `column` makes of it: one way, the other, then none.

        `falls_first`: the largest comes first.
        """
        if self.column != column:
            return RowSorting(column, falls_first)
        if self.descending == falls_first:
            return RowSorting(column, not falls_first)
        return RowSorting()
