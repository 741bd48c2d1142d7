"""Frames over a stream socket: both sides of a worker's connection read and write here."""

import socket
from typing import NamedTuple

from eqxviz.records.codec import PREFIX, CodecError, Record, decode, decode_prefix, encode

# Linux takes at most 1024 buffers in one sendmsg.
_MAX_BUFFERS = 512


class Message(NamedTuple):
    """One frame as it arrived: `request` is -1 for an event."""

    request: int
    record: Record


def send(sock: socket.socket, record: Record, request: int = -1) -> None:
    """Write the whole frame of `record`, blocking until the socket took it.

    Not to be called by two threads at once on one socket: their frames would mix.

    Raises:
        CodecError: If the frame is larger than a frame may be; nothing was written.
        OSError: If the other side is gone.
    """
    send_frame(sock, encode(record, request))


def send_frame(sock: socket.socket, parts: list[bytes | memoryview]) -> None:
    """Write a frame that `encode` made, blocking until the socket took it. Raises as `send`."""
    decode_prefix(bytes(parts[0]))  # the reader refuses what is too large; better say so here
    waiting = [memoryview(part) for part in parts if len(part)]
    while waiting:
        sent = sock.sendmsg(waiting[:_MAX_BUFFERS])
        done = 0
        while done < len(waiting) and sent >= waiting[done].nbytes:
            sent -= waiting[done].nbytes
            done += 1
        del waiting[:done]
        if sent:
            waiting[0] = waiting[0][sent:]


def receive(sock: socket.socket, most_bytes: int | None = None) -> Message | None:
    """Return the next frame, blocking until it is whole; None when the other side closed.

    Raises:
        CodecError: If the bytes are no frame of this version, or announce one that is too large,
            larger than `most_bytes` where that is given.
        OSError: If the connection broke, or ended in the middle of a frame (ConnectionError).
    """
    prefix = bytearray(PREFIX.size)
    if not _fill(sock, prefix, may_end=True):
        return None
    n_header, n_payload = decode_prefix(bytes(prefix))
    if most_bytes is not None and n_header + n_payload > most_bytes:
        raise CodecError(f"a frame of {n_header + n_payload} bytes, where {most_bytes} are allowed")
    header, payload = bytearray(n_header), bytearray(n_payload)
    _fill(sock, header)
    _fill(sock, payload)
    return Message(*decode(bytes(header), payload))


def _fill(sock: socket.socket, buffer: bytearray, may_end: bool = False) -> bool:
    """Fill `buffer` from `sock`; False if `may_end` and the stream ended before its first byte."""
    view, n_read = memoryview(buffer), 0
    while n_read < len(buffer):
        n = sock.recv_into(view[n_read:])
        if n == 0:
            if may_end and n_read == 0:
                return False
            raise ConnectionError(
                f"the connection ended in the middle of a frame: {n_read} of {len(buffer)} bytes"
            )
        n_read += n
    return True
