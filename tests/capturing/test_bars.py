"""Progress bars of tqdm are seen, and show what they always show."""

import asyncio
import io
import time
from typing import Any

import pytest
from tqdm import tqdm, trange
from tqdm.asyncio import tqdm as asyncio_tqdm
from tqdm.auto import tqdm as auto_tqdm

from eqxviz.records import Bar, Bars

from .conftest import Seen


def bars(seen: Seen) -> list[tuple[Bar, ...]]:
    return [record.bars for record in seen.of(Bars)]


def test_a_loop_is_seen_from_its_begin_to_its_end(seen: Seen):
    out = io.StringIO()
    for i in tqdm(range(4), desc="epoch", unit="batch", file=out, mininterval=0):
        if i == 2:
            (now,) = bars(seen)[-1]
            assert (now.text, now.n, now.total, now.unit, now.is_over) == (
                "epoch", 2.0, 4.0, "batch", False,
            )  # fmt: skip
    (last,) = bars(seen)[-1]
    assert (last.n, last.is_over) == (4.0, True)
    assert last.seconds > 0
    assert "epoch: 100%" in out.getvalue()
    seen.of(Bars)
    assert bars(seen)[-1] == ()


def test_nested_bars_are_told_outermost_first(seen: Seen):
    out = io.StringIO()
    for _ in tqdm(range(1), desc="outer", file=out):
        for _ in trange(2, desc="inner", file=out, leave=False):
            assert [bar.text for bar in bars(seen)[-1]] == ["outer", "inner"]


def test_bars_without_a_length_and_with_a_scale_are_understood(seen: Seen):
    with tqdm(unit_scale=0.5, unit="MB", file=io.StringIO()) as bar:
        bar.update(4)
        (now,) = bars(seen)[-1]
    assert (now.n, now.unit) == (2.0, "MB")
    assert now.total != now.total  # NaN


def test_a_disabled_bar_is_not_shown(seen: Seen):
    for _ in tqdm(range(2), disable=True):
        pass
    assert bars(seen) == []


@pytest.mark.filterwarnings("ignore::tqdm.TqdmWarning")
def test_bars_for_notebooks_and_asyncio_are_seen(seen: Seen):
    async def loop() -> None:
        async for _ in asyncio_tqdm(_numbers(), total=2, desc="async", file=io.StringIO()):
            assert [bar.text for bar in bars(seen)[-1]] == ["async"]

    async def _numbers() -> Any:
        for i in range(2):
            yield i

    asyncio.run(loop())
    for _ in auto_tqdm(range(1), desc="auto", file=io.StringIO()):
        assert [bar.text for bar in bars(seen)[-1] if not bar.is_over] == ["auto"]


def test_a_bar_that_is_never_closed_goes_with_its_object(seen: Seen):
    bar = tqdm(total=3, file=io.StringIO())
    assert len(bars(seen)[-1]) == 1
    bar.close()
    del bar
    seen.of(Bars)
    assert bars(seen)[-1] == ()


def test_bars_come_by_themselves_while_no_call_is_made(seen: Seen):
    with tqdm(total=3, file=io.StringIO(), mininterval=0) as bar:
        bar.update(2)
        deadline = time.monotonic() + 10
        while not any(isinstance(r, Bars) and r.bars and r.bars[0].n == 2 for r in seen.records):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_capture_that_has_ended_leaves_tqdm_as_it_was():
    before = dict(vars(tqdm))
    seen = Seen()
    with seen.watching():
        assert {name for name in before if vars(tqdm)[name] is not before[name]} == {
            "__init__",
            "close",
        }
    assert vars(tqdm) == before
