"""Searching the tree: what was found is marked in the rows, counted and walked."""

import numpy as np


class Finding:
    def __init__(self, session, table, bar):
        self._table, self._bar = table, bar
        self._outline = None
        self.matches = np.zeros(0, np.int32)
        self.at = -1
        bar.searched.connect(self.ask)
        bar.stepped.connect(self.step)
        bar.left.connect(table.setFocus)

    def show(self, outline):
        self._outline = outline
        if self._bar.text:
            self.ask(self._bar.text)

    def ask(self, text):
        if self._outline is None:
            return
        self.matches = self._outline.search(text)
        self.at = -1
        if len(self.matches):
            from eqxviz.session.unfolding import parents_of

            m = np.zeros(len(self._outline.tree), bool)
            m[self.matches] = True
            self._table.show_found(m, parents_of(self._outline.tree, self.matches))
            self.step(1)
        else:
            self._table.show_found(None, None)
        self._bar.set_hits(self.at, len(self.matches))

    def step(self, step):
        if len(self.matches):
            start = self.at if self.at >= 0 or step < 0 else -1
            self.at = (start + step) % len(self.matches)
            self._table.show_node(int(self.matches[self.at]))
            self._bar.set_hits(self.at, len(self.matches))

    def close(self):
        pass
