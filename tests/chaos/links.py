#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""links - links that can be cut, between processes and their coordinator.

    links.py FOLDER NAME=TARGET...

listens for each NAME, says "NAME ADDRESS", and passes on to TARGET what comes
there: on a free port of loopback when that is a port, else, when it is a path, on
a socket in FOLDER. Then it reads orders, and answers each with "ok":

    cut NAME         connections end with a reset, and so do new ones
    hold NAME        nothing passes, and nobody is told: new connections are taken
    delay NAME MS    what passes comes so much later
    lose NAME        nothing passes ever again on the connections that are there
    heal NAME        as in the beginning; what was held passes now

It ends with its stdin. A link never refuses: that would say that there is no
coordinator (proto/lease.h), and is for the coordinator's own address to say.
"""
import asyncio
import sys

CHUNK = 65536


class Link:
    def __init__(self, target):
        self.target = target
        self.is_cut = False
        self.passes = self.open_gate()
        self.lost = []  # gates; who waits at one that nobody knows is collected
        self.delay_s = 0
        self.writers = set()

    @staticmethod
    def open_gate():
        gate = asyncio.Event()
        gate.set()
        return gate

    async def serve(self, reader, writer):
        """One connection."""
        self.writers.add(writer)
        gate = self.passes
        try:
            await gate.wait()
            if not self.is_cut:
                await self.join(reader, writer, gate)
        except (OSError, asyncio.CancelledError):
            pass  # its end is no news
        finally:
            self.writers.discard(writer)
            writer.transport.abort()

    async def join(self, reader, writer, gate):
        there, back = await (
            asyncio.open_connection("127.0.0.1", int(self.target))
            if self.target.isdigit()
            else asyncio.open_unix_connection(self.target))
        self.writers.add(back)
        pumps = [asyncio.create_task(self.pump(reader, back, gate)),
                 asyncio.create_task(self.pump(there, writer, gate))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self.writers.discard(back)
            back.transport.abort()

    async def pump(self, reader, writer, gate):
        while data := await reader.read(CHUNK):
            await asyncio.sleep(self.delay_s)
            await gate.wait()
            writer.write(data)
            await writer.drain()

    def order(self, verb, *args):
        if verb == "cut":
            self.is_cut = True
            for writer in list(self.writers):
                writer.transport.abort()
        elif verb == "hold":
            self.passes.clear()
        elif verb == "lose":
            self.passes.clear()
            self.lost.append(self.passes)
            self.passes = self.open_gate()
        elif verb == "delay":
            self.delay_s = int(args[0]) / 1000
        elif verb == "heal":
            self.is_cut = False
            self.delay_s = 0
            self.passes.set()
        else:
            sys.exit(f"links: no order is called {verb}")


    async def listen(self, path):
        """Returns the address."""
        if self.target.isdigit():
            self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
            port = self.server.sockets[0].getsockname()[1]
            return f"tcp://127.0.0.1:{port}"
        self.server = await asyncio.start_unix_server(self.serve, path)
        return f"ipc://{path}"


async def main(folder, *pairs):
    links = {}
    for pair in pairs:
        name, target = pair.split("=", 1)
        links[name] = Link(target)
        print(name, await links[name].listen(f"{folder}/{name}.sock"), flush=True)
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        verb, name, *args = line.decode().split()
        links[name].order(verb, *args)
        print("ok", flush=True)


asyncio.run(main(*sys.argv[1:]))
