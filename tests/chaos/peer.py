# SPDX-License-Identifier: MIT
"""peer - a client of yond made by hand, so that it can misbehave: ZMTP 3.0 with
NULL (one DEALER), below it the frames of proto/PROTOCOL.md."""
import os
import socket
import struct

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
MORE, LONG, COMMAND = 1, 2, 4
HELLO, AWAIT, FETCH, STATUS = 1, 34, 38, 44


def pack(value):
    """msgpack."""
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return b"\xcf" + struct.pack(">Q", value)
    if isinstance(value, str):
        return b"\xd9" + struct.pack("B", len(value)) + value.encode()
    if isinstance(value, bytes):
        return b"\xc6" + struct.pack(">I", len(value)) + value
    return b"\xdd" + struct.pack(">I", len(value)) + b"".join(map(pack, value))


def zmtp_frame(body, flags=0):
    return struct.pack(">BQ", flags | LONG, len(body)) + body


class Peer:
    """A connection to yond."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.epoch = self.session = self.req = 0

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def read(self, n):
        data = b""
        while len(data) < n:
            part = self.socket.recv(n - len(data))
            if not part:
                raise ConnectionError("yond has ended the connection")
            data += part
        return data

    def greet(self):
        self.send(GREETING)
        self.read(64)
        prop = b"\x0bSocket-Type" + struct.pack(">I", 6) + b"DEALER"
        ready = b"\x05READY" + prop
        self.send(struct.pack("BB", COMMAND, len(ready)) + ready)
        self.message(commands=True)

    def message(self, commands=False):
        """The next one; without those of ZMTP itself, if not wanted."""
        while True:
            (flags,) = self.read(1)
            size = (struct.unpack(">Q", self.read(8)) if flags & LONG
                    else self.read(1))[0]
            body = self.read(size)
            if commands or not flags & COMMAND:
                return body

    def head(self):
        return b"yn\x01\x00" + struct.pack(">QQ", self.epoch, self.session)

    def say(self, *operations):
        """One frame."""
        self.send(zmtp_frame(self.head() + b"".join(map(pack, operations))))

    def hello(self):
        """Until there is a session."""
        self.greet()
        self.say([HELLO, 1, 1, 1, 0, "by hand", os.urandom(16), "test", 1])
        answer = self.message()
        self.epoch, self.session = struct.unpack(">QQ", answer[4:20])

    def next_req(self):
        self.req += 1
        return self.req
