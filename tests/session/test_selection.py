"""The selection has a history, as pages in a browser have."""

from eqxviz.session.selection import MAX_HISTORY, History, Selection


def place(node):
    return Selection(kind="node", node=node)


def test_nothing_is_selected_at_first():
    history = History()
    assert history.current.kind == "none"
    assert not history.can_go_back


def test_back_and_forward_walk_the_places():
    history = History()
    history.visit(place(1))
    history.visit(place(2))
    assert history.move(-1)
    assert history.current == place(1)
    assert history.move(1)
    assert history.current == place(2)
    assert not history.move(1)


def test_a_visit_forgets_what_lay_ahead():
    history = History()
    history.visit(place(1))
    history.visit(place(2))
    history.move(-1)
    history.visit(place(3))
    assert not history.can_go_forward
    history.move(-1)
    assert history.current == place(1)


def test_selecting_the_same_place_again_is_no_visit():
    history = History()
    assert history.visit(place(1))
    assert not history.visit(place(1))


def test_the_history_has_an_end():
    history = History()
    for node in range(MAX_HISTORY + 50):
        history.visit(place(node))
    n_back = 0
    while history.move(-1):
        n_back += 1
    assert n_back == MAX_HISTORY - 1
