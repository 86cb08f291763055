# SPDX-License-Identifier: MIT
"""load - the clients of a chaos test: what they hand in, and what must come of
it.

A Job knows from its own content how it must end. A new kind of job is a method of
Mix, listed in KINDS with its weight.
"""
import hashlib
import math
import random
import signal
import subprocess
import threading

from cluster import HERE, PATIENCE_S, Wrong

# What `yon submit` says when nobody took it, and it is to be said again: there is
# no coordinator, the disk is full, or we have killed the client.
AGAIN = {4, 5, -signal.SIGKILL}
EXITS = {"done": 0, "failed": 1, "expired": 1, "lost": 1, "cancelled": 7}


def fnv(text):
    """The 64-bit FNV-1a hash, as in jobs.c."""
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h


class Job:
    """options and words: of yon submit. items: what its elements are to hash,
    by their number; a single job is element 1."""

    def __init__(self, words, items, mode="ok", fn="", options=(), retries=0,
                 starts_max=math.inf):
        self.words, self.items, self.mode, self.fn = words, items, mode, fn
        self.options = options
        self.retries = retries  # failures after which it may be started again
        self.starts_max = starts_max
        self.may_be_cancelled = False
        self.id = None

    def ref(self, elem):
        return f"{self.id}.{elem}" if len(self.items) > 1 else self.id

    def want(self, elem, attempt):
        """What an element's outcome has to say when that attempt has ended."""
        item = self.items[elem]
        if self.fn:
            if self.mode == "crash":
                return {"state": "failed", "reason": "poisoned"}
            if self.mode == "fail":
                return {"state": "failed", "reason": "error"}
            return {"state": "done", "value": [f"{fnv(item):016x}", attempt]}
        if self.mode == "fail":
            return {"state": "failed", "reason": "exit", "stdout": ""}
        if self.mode == "late":
            return {"state": "expired", "reason": "run-timeout"}
        hashed = hashlib.sha256(item.encode()).hexdigest()
        return {"state": "done", "stdout": f"{hashed} {attempt}\n"}


class Mix:
    """Makes jobs of all kinds."""

    def __init__(self, rng, dir, name):
        self.rng, self.dir, self.name = rng, dir, name
        self.n = 0

    def new(self):
        self.n += 1
        kind = self.rng.choices(list(KINDS), list(KINDS.values()))[0]
        return kind(self)

    def ms(self):
        """Most are short; some outlive a lease."""
        return self.rng.choice([0, 0, 10, 50, 200, 500, 2500])

    def mode(self):
        return "fail" if self.rng.random() < 0.1 else "ok"

    def item(self):
        return f"{self.name}-{self.n}"

    def attempt(self, mode, ms, item):
        return [HERE / "attempt", self.dir, mode, ms, item]

    def args(self, mode, ms, item):
        return [f"dir={self.dir}", f"mode={mode}", f"ms:={ms}", f"item={item}"]

    def command(self):
        mode = self.mode()
        return Job(["--", *self.attempt(mode, self.ms(), self.item())],
                   {1: self.item()}, mode)

    def call(self, fn="waits"):
        mode = self.mode()
        return Job(["--call", fn, *self.args(mode, self.ms(), self.item())],
                   {1: self.item()}, mode, fn)

    def crash(self):
        """It takes its process down each time, beside calls that are not to be
        blamed."""
        return Job(["--call", "crashes", *self.args("crash", 0, self.item())],
                   {1: self.item()}, "crash", "crashes")

    def cpu_call(self):
        return self.call("computes")

    def flaky(self):
        """Fails twice, and is tried again."""
        return Job(["--", *self.attempt("flaky", self.ms(), self.item())],
                   {1: self.item()}, retries=2,
                   options=["--retry", "2", "--retry-on", "exit=75",
                            "--backoff", "10ms..100ms"])

    def too_long(self):
        """It would sleep for a minute, and may do so for a fifth of a second."""
        return Job(["--", *self.attempt("ok", 60000, self.item())],
                   {1: self.item()}, "late", options=["--run-timeout", "200ms"])

    def at_most_once(self):
        """Lost rather than started again."""
        return Job(["--", *self.attempt("ok", self.ms(), self.item())],
                   {1: self.item()}, options=["--at-most-once"], starts_max=1)

    def elements(self, most):
        numbers = range(1, self.rng.randint(2, most) + 1)
        return ["--array", f"1-{len(numbers)}"], {
            n: f"{self.item()}-{n}" for n in numbers}

    def commands(self):
        array, items = self.elements(40)
        ms = self.rng.choice([0, 20, 100])
        return Job([*array, "--",
                    *self.attempt("ok", ms, f"{self.item()}-{{}}")], items)

    def calls(self):
        """Short ones: who was lost beside others runs again alone, one after the
        other."""
        array, items = self.elements(300)
        ms = self.rng.choice([0, 10, 50])
        return Job([*array, "--call", "waits",
                    *self.args("ok", ms, f"{self.item()}-{{}}")],
                   items, fn="waits")

    def cancelled(self):
        job = self.rng.choice([self.command, self.call, self.commands])()
        job.may_be_cancelled = True
        return job


KINDS = {Mix.command: 6, Mix.call: 4, Mix.cpu_call: 2, Mix.commands: 3,
         Mix.calls: 2, Mix.cancelled: 2, Mix.flaky: 2, Mix.too_long: 1,
         Mix.at_most_once: 1, Mix.crash: 1}


class Client(threading.Thread):
    """Hands in one job after the other, over a link of its own; awaits most of
    them, and says so when it was told anything else than what holds in the end."""

    def __init__(self, cluster, name, seed, stopping):
        super().__init__(name=name, daemon=True)
        self.cluster, self.stopping = cluster, stopping
        self.rng = random.Random(f"{seed} {name}")
        self.mix = Mix(self.rng, cluster.dir, name)
        self.accepted = []
        self.told = []  # (job, exit code of yon wait)
        self.wrong = None
        self.process = None

    def run(self):
        try:
            while not self.stopping.is_set():
                self.one(self.mix.new())
        except Exception as wrong:  # shown by the main thread
            self.wrong = wrong

    def yon(self, *words):
        """Exit code and output of one command."""
        self.process = subprocess.Popen(
            [self.cluster.build / "bin/yon", "-s",
             self.cluster.links.address(self.name), *map(str, words)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        try:
            out, err = self.process.communicate(timeout=2 * PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise Wrong(f"yon {words[0]} does not end: {words}") from None
        return self.process.returncode, out.strip(), err.strip()

    def one(self, job):
        self.submit(job, f"{self.name}-{self.mix.n}")
        if job.may_be_cancelled:
            self.cancel(job)
        if self.rng.random() < 0.5:
            self.wait(job)

    def submit(self, job, key):
        """Until there is a receipt; now and then once more, which must change
        nothing."""
        while True:
            code, out, err = self.yon("submit", "--key", key, *job.options,
                                      *job.words)
            if out:
                if job.id not in (None, out):
                    raise Wrong(f"the key {key} is job {job.id} and {out}")
                if job.id is None:
                    job.id = out
                    self.accepted.append(job)
            if code == 0 and self.rng.random() < 0.9:
                return
            if code != 0 and code not in AGAIN:
                raise Wrong(f"submit has ended with {code}: {err}")

    def cancel(self, job):
        self.stopping.wait(self.rng.choice([0, 0.1, 1]))
        code, _, err = self.yon("cancel", job.id)
        if code not in {0, 6} | AGAIN:
            raise Wrong(f"cancel has ended with {code}: {err}")

    def wait(self, job):
        while True:
            code, _, err = self.yon("wait", job.id)
            if code in EXITS.values():
                self.told.append((job, code))
                return
            if code not in AGAIN:
                raise Wrong(f"wait has ended with {code}: {err}")

    def disturb(self, number):
        """A signal to its command, if one runs."""
        if self.process is None or self.process.returncode is not None:
            return False
        self.process.send_signal(number)
        return True
