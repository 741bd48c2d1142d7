from eqxviz.session.row_sorting import RowSorting


def test_clicks_on_one_head_sort_one_way_then_the_other_then_not_at_all():
    first = RowSorting().clicked(2, falls_first=True)
    second = first.clicked(2, falls_first=True)
    assert (first, second) == (RowSorting(2, descending=True), RowSorting(2))
    assert second.clicked(2, falls_first=True) == RowSorting()


def test_a_click_on_another_head_begins_anew():
    assert RowSorting(2, descending=True).clicked(1, falls_first=False) == RowSorting(1)
