"""What a frame keeps, and what it refuses."""

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqxviz import records
from eqxviz.records import codec


def through_the_wire(value: records.Record, request: int = 7) -> records.Record:
    raw = b"".join(bytes(part) for part in codec.encode(value, request))
    n = codec.PREFIX.size
    n_header, n_payload = codec.decode_prefix(raw[:n])
    assert len(raw) == n + n_header + n_payload
    found, decoded = codec.decode(raw[n : n + n_header], raw[n + n_header :])
    assert found == request
    return decoded


def split(value: records.Record) -> tuple[dict, bytes]:
    raw = b"".join(bytes(part) for part in codec.encode(value))
    n = codec.PREFIX.size
    n_header, _ = codec.decode_prefix(raw[:n])
    return msgpack.unpackb(raw[n : n + n_header]), raw[n + n_header :]


def batch(n: int = 3) -> records.MetricBatch:
    return records.MetricBatch(
        first_sequence=0,
        new_series=(records.Series(0, "loss", 1, "train.py", 12),),
        series=np.zeros(n, np.int32),
        step=np.arange(n, dtype=np.int64),
        seconds=np.linspace(0, 1, n),
        value=np.full(n, np.nan),
    )


@given(st.lists(st.text(), max_size=20))
def test_strings_survive_the_wire_and_read_back(texts: list[str]):
    texts = [t.encode("utf-8", "replace").decode() for t in texts]
    column = through_the_wire(records.Strings.of(texts))
    assert isinstance(column, records.Strings)
    assert [column[i] for i in range(len(column))] == texts


@given(st.lists(st.lists(st.integers(0, 2**40), max_size=5), max_size=20))
def test_shapes_survive_the_wire_and_read_back(shapes: list[list[int]]):
    column = through_the_wire(records.Shapes.of(shapes))
    assert isinstance(column, records.Shapes)
    assert [list(column[i]) for i in range(len(column))] == shapes


@given(
    st.lists(st.floats(width=64), max_size=50),
    st.integers(0, 2**62),
    st.text(max_size=20).map(lambda t: t.encode("utf-8", "replace").decode()),
)
def test_a_metric_batch_survives_the_wire(values: list[float], first: int, name: str):
    n = len(values)
    sent = records.MetricBatch(
        first_sequence=first,
        new_series=(records.Series(0, name, -1, "", 0),),
        series=np.zeros(n, np.int32),
        step=np.arange(first, first + n, dtype=np.int64),
        seconds=np.arange(n, dtype=np.float64),
        value=np.array(values, np.float64),
    )
    assert through_the_wire(sent) == sent


def test_nested_records_enumerations_and_missing_numbers_survive_the_wire():
    frame = records.Frame("train.py", 3, "step", "loss = step(x)", True)
    problem = records.Problem(
        "raised-on-import",
        records.Severity.ERROR,
        "It raised",
        "because",
        "mend it",
        frames=(frame,),
    )
    status = records.RunStatus(
        records.RunState.PAUSED, 5, 1, float("nan"), 2.0, "cpu:0", 1, "train.py", 3, -1
    )
    assert through_the_wire(problem) == problem
    assert through_the_wire(status) == status


def test_decoded_arrays_are_read_only():
    decoded = through_the_wire(batch())
    assert isinstance(decoded, records.MetricBatch)
    with pytest.raises(ValueError, match="read-only"):
        decoded.value[0] = 1.0


def test_big_endian_and_strided_arrays_arrive_as_little_endian_rows():
    sent = batch(4)
    odd = records.MetricBatch(
        0, (), sent.series, sent.step, np.arange(8.0)[::2].astype(">f8"), np.arange(4.0)[::-1]
    )
    decoded = through_the_wire(odd)
    assert isinstance(decoded, records.MetricBatch)
    assert decoded.seconds.tolist() == [0.0, 2.0, 4.0, 6.0]
    assert decoded.value.tolist() == [3.0, 2.0, 1.0, 0.0]


def test_another_version_is_refused_by_its_number():
    header, payload = split(batch())
    header["v"] = 99
    with pytest.raises(records.CodecError, match=r"in version 99 .* reads version \d+"):
        codec.decode(msgpack.packb(header), payload)


def test_bytes_of_something_else_are_refused():
    with pytest.raises(records.CodecError, match="not an eqxviz frame"):
        codec.decode_prefix(b"GET / HTTP/1.1\r\n")
    with pytest.raises(records.CodecError, match="not msgpack"):
        codec.decode(b"\xc1", b"")


def test_a_frame_that_claims_to_be_huge_is_refused_before_it_is_read():
    claim = codec.PREFIX.pack(codec.MAGIC, 10, 1 << 60)
    with pytest.raises(records.CodecError, match="frame too large"):
        codec.decode_prefix(claim)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x.pop("value"), r"MetricBatch\.value is missing"),
        (lambda x: x.update(first_sequence="0"), r"first_sequence is '0'; int is due"),
        (lambda x: x.update(first_sequence=True), r"first_sequence is True; int is due"),
        (lambda x: x.update({"$": "Nothing"}), "no record is named 'Nothing'"),
        (lambda x: x.update(new_series=3), r"new_series is 3; a sequence is due"),
        (lambda x: x.update(value=[1.0]), r"value is \[1\.0\]; an array is due"),
        (lambda x: x.update(value=x["step"]), "value has dtype int64; float64 is due"),
    ],
)
def test_a_malformed_record_is_refused_with_the_field_named(change, message: str):
    header, payload = split(batch())
    change(header["x"])
    with pytest.raises(records.CodecError, match=message):
        codec.decode(msgpack.packb(header), payload)


def test_a_field_that_was_added_later_has_its_default_in_frames_of_before():
    header, payload = split(records.Watch(7, n_records=3))
    del header["x"]["n_records"]
    _, read = codec.decode(msgpack.packb(header), payload)
    assert read == records.Watch(7)


def test_a_truncated_payload_is_refused():
    header, payload = split(batch())
    with pytest.raises(records.CodecError, match="past the payload"):
        codec.decode(msgpack.packb(header), payload[:-1])


def test_columns_of_different_length_are_refused_on_arrival():
    good = batch(3)
    bad = records.MetricBatch(0, (), good.series, good.step, good.seconds, good.value[:2])
    with pytest.raises(records.CodecError, match="columns of MetricBatch differ in length"):
        through_the_wire(bad)


def test_offsets_that_fall_are_refused_on_arrival():
    bad = records.Strings(np.zeros(3, np.uint8), np.array([0, 3, 1, 3], np.uint32))
    with pytest.raises(records.CodecError, match="must never fall"):
        through_the_wire(bad)


@given(st.binary(max_size=200))
def test_random_bytes_never_do_more_than_raise_a_codec_error(noise: bytes):
    header, payload = split(batch())
    packed = bytearray(msgpack.packb(header))
    for i, byte in enumerate(noise):
        packed[(i * 31 + byte) % len(packed)] ^= byte
    try:
        _, decoded = codec.decode(bytes(packed), payload)
    except records.CodecError:
        return
    assert isinstance(decoded, records.Record)
