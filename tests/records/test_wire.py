"""Frames cross a socket whole, however the bytes are cut."""

import socket
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from eqxviz.records import CodecError, Done, Hello, MetricBatch
from eqxviz.records.codec import MAGIC, MAX_HEADER_BYTES, PREFIX, encode
from eqxviz.records.wire import receive, send, send_frame


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def _batch(n: int) -> MetricBatch:
    return MetricBatch(
        0, (), np.zeros(n, np.int32), np.arange(n), np.zeros(n), np.linspace(0.0, 1.0, n)
    )


def test_a_record_arrives_with_its_request(pair: tuple[socket.socket, socket.socket]):
    send(pair[0], Hello("secret"), 7)
    assert receive(pair[1]) == (7, Hello("secret"))


def test_frames_larger_than_the_sockets_buffer_arrive_whole(
    pair: tuple[socket.socket, socket.socket],
):
    batch = _batch(300_000)
    writer = threading.Thread(target=send, args=(pair[0], batch))
    writer.start()
    message = receive(pair[1])
    writer.join()
    assert message is not None
    assert message.record == batch


def test_a_frame_cut_into_single_bytes_arrives_whole(pair: tuple[socket.socket, socket.socket]):
    data = b"".join(bytes(part) for part in encode(_batch(3), 4))

    def trickle() -> None:
        for at in range(len(data)):
            pair[0].sendall(data[at : at + 1])

    writer = threading.Thread(target=trickle)
    writer.start()
    assert receive(pair[1]) == (4, _batch(3))
    writer.join()


def test_the_end_between_frames_is_none(pair: tuple[socket.socket, socket.socket]):
    send(pair[0], Done())
    pair[0].close()
    assert receive(pair[1]) == (-1, Done())
    assert receive(pair[1]) is None


def test_the_end_inside_a_frame_is_an_error(pair: tuple[socket.socket, socket.socket]):
    data = b"".join(bytes(part) for part in encode(Done()))
    pair[0].sendall(data[:-1])
    pair[0].close()
    with pytest.raises(ConnectionError, match="in the middle of a frame"):
        receive(pair[1])


def test_bytes_that_are_no_frame_are_refused(pair: tuple[socket.socket, socket.socket]):
    pair[0].sendall(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(CodecError, match="not an eqxviz frame"):
        receive(pair[1])


def test_a_frame_that_is_too_large_is_refused_on_both_sides(
    pair: tuple[socket.socket, socket.socket],
):
    prefix = PREFIX.pack(MAGIC, MAX_HEADER_BYTES + 1, 0)
    pair[0].sendall(prefix)
    with pytest.raises(CodecError, match="too large"):
        receive(pair[1])
    with pytest.raises(CodecError, match="too large"):
        send_frame(pair[0], [prefix])
