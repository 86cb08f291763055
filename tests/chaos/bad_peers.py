#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bad_peers - strangers do their worst to a coordinator: bad_peers.py BUILD DIR

Each way is tried, and in the midst of it a client is served as ever, by the same
yond, whose memory has not grown beyond its budget.
"""
import pathlib
import random
import resource
import select
import struct
import subprocess
import sys

from cluster import Program, Wrong, until
from peer import (AWAIT, FETCH, GREETING, HELLO, LONG, MORE, STATUS, Peer,
                  pack, zmtp_frame)

KB, MB = 1 << 10, 1 << 20
# Of one yond, whatever its peers do; without a sanitizer.
BUDGET = 450 * MB
N_FILES = 512  # that yond may have open
N_SLOW = 4
N_LEAVING = 20
N_SERVED = 20  # jobs beside each way: yond has time to do all that it may do
# Jobs: one without an end, one with much output.
SLEEPING, LARGE_ONE = 2, 3
LARGE = 1000 * 1000  # bytes
N_GREEDY = 3000  # asked for
# The most under way to one peer: 64 messages and 16 MB in yond, some MB in the
# kernel, a few reads in the store.
N_UNDER_WAY = 250
SEED = 1


class Victim:
    def __init__(self, build, dir):
        self.build, self.path = build, str(dir / "s")
        self.server = f"ipc://{self.path}"
        self.yond = Program("yond", ["prlimit", f"--nofile={N_FILES}:{N_FILES}",
                                     build / "bin/yond", "--listen", self.server,
                                     "--db", dir / "db"], dir / "yond.log")
        self.worker = Program("worker", [build / "bin/yon-worker", "--server",
                                         self.server, "--procs", "1", "--slots",
                                         "2"], dir / "worker.log")
        self.yond.start()
        until("yond listens", pathlib.Path(self.path).exists)
        self.worker.start()
        self.is_sanitized = b"__asan_init" in (build / "bin/yond").read_bytes()
        self.must("run", "--", "true")

    def yon(self, *words):
        return subprocess.run([self.build / "bin/yon", "-s", self.server, *words],
                              stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False,
                              timeout=240 if self.is_sanitized else 60)

    def must(self, *words):
        run = self.yon(*words)
        if run.returncode != 0:
            ended = "" if self.yond.runs() else "; yond has ended"
            raise Wrong(f"yon {words[0]}: {run.returncode} {run.stderr}{ended}")
        return run.stdout.strip()

    def memory(self):
        for line in open(f"/proc/{self.yond.pid}/status", encoding="ascii"):
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * KB
        raise Wrong("yond has gone")

    def check(self, what, budget):
        """Check while it goes on, and afterwards."""
        if not self.yond.runs():
            raise Wrong(f"{what}: yond has ended, {self.yond.process.returncode}")
        for _ in range(N_SERVED):
            if self.must("run", "--", "echo", what) != what:
                raise Wrong(f"{what}: others are not served")
        if self.memory() > budget and not self.is_sanitized:
            raise Wrong(f"{what}: yond has used {self.memory() // MB} MB")
        print(f"{what}: {self.memory() // MB} MB", flush=True)


def garbage(path, rng):
    """Not ZMTP, or not for long."""
    for start in (b"", GREETING[:30], GREETING, GREETING[:10] + b"\x09"):
        peer = Peer(path)
        peer.send(start)
        try:
            peer.send(rng.randbytes(rng.choice([1, 100, 100 * KB])))
        except OSError:
            pass  # yond has had enough
        yield peer


def half_frames(path, rng):
    """The beginning of a message, and then nothing; or one too large."""
    for size in (100, 30 * MB, 33 * MB, 2**40, 2**63 + 1, 2**64 - 1):
        peer = Peer(path)
        peer.greet()
        try:
            peer.send(struct.pack(">BQ", LONG, size) + rng.randbytes(50))
        except OSError:
            pass
        yield peer


def lies(path, rng):
    """Well-formed for ZeroMQ, and not for yond."""
    counts = [b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff",
              b"\xc6\xff\xff\xff\xff", b"\xc9\xff\xff\xff\xff\x01",
              b"\x91" * 1000, b"\xdc\xff\xff" + b"\xdc\xff\xff" * 1000]
    good = pack([HELLO, 1, 1, 1, 0, "by hand", bytes(16), "test", 1])
    peer = Peer(path)
    peer.hello()
    for _ in range(300):
        body = bytearray(peer.head() + rng.choice(counts + [good])
                         + rng.randbytes(rng.choice([0, 5, 500])))
        for _ in range(rng.randint(0, 3)):
            body[rng.randrange(len(body))] = rng.randrange(256)
        peer.send(zmtp_frame(bytes(body)))
    yield peer


def parts(path, rng):
    """Messages of several parts."""
    peer = Peer(path)
    peer.hello()
    for _ in range(50):
        peer.send(zmtp_frame(rng.randbytes(MB), MORE) + zmtp_frame(b""))
    yield peer


def crammed(path, rng):
    """A frame of ten million requests, and some of as many as it may hold."""
    peer = Peer(path)
    peer.hello()
    for n in (10**7, *[43 * KB] * 10):
        peer.send(zmtp_frame(peer.head() + bytes([0x92, STATUS, 1]) * n))
    yield peer


def crowd(path, rng):
    """More connections than yond can have open."""
    for _ in range(2 * N_FILES):
        yield Peer(path)


def awaiting(path, rng):
    """Asks for progress again and again, and never reads."""
    peer = Peer(path)
    peer.hello()
    for _ in range(100):
        peer.say(*[[AWAIT, peer.next_req(), SLEEPING, 0, 1] for _ in range(1000)])
    yield peer


def fetching(path, rng):
    """Ask for a large result again and again, and never read."""
    for _ in range(N_SLOW):
        peer = Peer(path)
        peer.hello()
        for _ in range(300):
            peer.say([FETCH, peer.next_req(), LARGE_ONE, 0, 0, 0, 3])
        yield peer


def leaving(path, rng):
    """Ask for much, and are gone before they read it: libzmq's heartbeats ended
    yond then, mostly."""
    for _ in range(N_LEAVING):
        for peer in list(fetching(path, rng)):
            peer.close()
    yield Peer(path)


def greedy(victim):
    """Asks for thousands of large results, and reads them. Another one with a single
    request meanwhile has its answer before the first has many."""
    greedy, modest = Peer(victim.path), Peer(victim.path)
    greedy.hello()
    modest.hello()
    for _ in range(0, N_GREEDY, 1000):
        greedy.say(*[[FETCH, greedy.next_req(), LARGE_ONE, 0, 0, 0, 3]
                     for _ in range(1000)])
    greedy.message()  # now it is asked for
    modest.say([FETCH, modest.next_req(), LARGE_ONE, 0, 0, 0, 3])
    n = 0
    while modest.socket not in select.select([modest.socket, greedy.socket], [],
                                             [])[0]:
        greedy.message()
        n += 1
    if n > N_UNDER_WAY:
        raise Wrong(f"greedy: had {n} answers before another had one")
    print(f"greedy: had {n} of {N_GREEDY} answers before another had one")
    for peer in greedy, modest:
        peer.close()
    victim.check("after greedy", BUDGET)


# The last one has more peers; the socket may hold some messages for each.
WAYS = [garbage, half_frames, lies, parts, crammed, awaiting, fetching, crowd,
        leaving]
MORE_FOR = {leaving: N_LEAVING * N_SLOW * 64 * LARGE}


def main(build, dir):
    resource.setrlimit(resource.RLIMIT_NOFILE, (4 * N_FILES, 4 * N_FILES))
    rng = random.Random(SEED)
    victim = Victim(build, dir)
    ids = [victim.must("submit", "--", "sleep", "1000"),
           victim.must("submit", "-w", "--", "sh", "-c",
                       f"head -c {LARGE} /dev/zero | tr '\\0' x")]
    if ids != [str(SLEEPING), str(LARGE_ONE)]:
        raise Wrong(f"jobs are called {ids}")
    greedy(victim)
    for way in WAYS:
        budget = BUDGET + MORE_FOR.get(way, 0)
        peers = list(way(victim.path, rng))
        if way is not crowd:
            victim.check(way.__name__, budget)
        for peer in peers:
            peer.close()
        victim.check(f"after {way.__name__}", budget)


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
