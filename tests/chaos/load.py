# SPDX-License-Identifier: MIT
"""load - the clients of a chaos test, their jobs, and the outcomes that these must
have.

A Job knows from its own content how it must end. A new kind of job is a method of
Mix, listed in KINDS with its weight.
"""
import copy
import hashlib
import math
import os
import random
import signal
import subprocess
import threading
import time

from cluster import HERE, PATIENCE_S, Wrong, programs

# Exit codes of `yon submit` after which it is repeated: there is no coordinator, the
# disk is full, or we have killed the client.
AGAIN = {4, 5, -signal.SIGKILL}
EXITS = {"done": 0, "failed": 1, "expired": 1, "lost": 1, "cancelled": 7}


def fnv(text):
    """The 64-bit FNV-1a hash, as in jobs.c."""
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h


class Job:
    """options and words: of yon submit. items: what its elements are to hash, by
    their number; a single job is element 1. mode: as in `attempt` and jobs.c."""

    may_be_cancelled = must_expire = False
    retries = 0  # failures after which it may be started again ...
    delay_s = 0  # ... so long after the start that failed
    starts_max = math.inf
    max_fails = None  # "3" or "20%", as in its options
    of = None  # the job that it retries; then its items are known in the end

    def __init__(self, words, items, mode="ok", fn="", options=()):
        self.words, self.items, self.mode, self.fn = words, items, mode, fn
        self.options = list(options)
        self.limits = {}  # seconds, by the reason with which it ends then
        self.id = self.submitted_s = None

    def ref(self, elem):
        return f"{self.id}.{elem}" if "--array" in self.words else self.id

    def limit(self, reason, seconds):
        self.limits[reason] = seconds
        self.options += [f"--{reason}", f"{int(seconds * 1000)}ms"]

    def retry(self, retries, on):
        self.retries = retries
        self.options += ["--retry", retries, "--retry-on", on,
                         "--backoff", "10ms..100ms"]

    def fails(self, elem):
        return self.mode in ("fail", "refuse") or (
            self.mode == "odd" and self.items[elem][-1] in "13579")

    def fails_max(self):
        """So many end an array; None: no number does."""
        if self.max_fails is None or self.max_fails[-1] != "%":
            return self.max_fails and int(self.max_fails)
        return math.ceil(len(self.items) * int(self.max_fails[:-1]) / 100)

    def want(self, elem, attempt):
        """The right outcome of an element whose attempt has ended."""
        item = self.items[elem]
        if self.mode == "crash":
            return {"state": "failed", "reason": "poisoned"}
        if self.must_expire:
            return {"state": "expired"}
        if self.fails(elem):
            return {"state": "failed", "reason": "error" if self.fn else "exit"}
        if self.fn:
            return {"state": "done", "value": [f"{fnv(item):016x}", attempt]}
        hashed = hashlib.sha256(item.encode()).hexdigest()
        ready = "ready\n" if self.mode == "daemon" else ""
        return {"state": "done", "stdout": f"{ready}{hashed} {attempt}\n"}


class Mix:
    """Makes jobs of all kinds."""

    def __init__(self, rng, cluster, name):
        self.rng, self.dir, self.name = rng, cluster.dir, name
        self.stray = cluster.build / "tests/stray"
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

    def limit_s(self):
        return self.rng.choice([0.02, 0.1, 0.3, 1])

    def attempt(self, mode, ms, item):
        return ["--", HERE / "attempt", self.dir, mode, ms, item, self.stray]

    def args(self, mode, ms, item):
        return [f"dir={self.dir}", f"mode={mode}", f"ms:={ms}", f"item={item}"]

    def command(self, mode=None, ms=None):
        mode = mode or self.mode()
        ms = self.ms() if ms is None else ms
        return Job(self.attempt(mode, ms, self.item()), {1: self.item()}, mode)

    def call(self, mode=None, ms=None, fn="waits"):
        mode = mode or self.mode()
        ms = self.ms() if ms is None else ms
        return Job(["--call", fn, *self.args(mode, ms, self.item())],
                   {1: self.item()}, mode, fn)

    def cpu_call(self, mode=None, ms=None):
        return self.call(mode, ms, "computes")

    def any(self, mode=None, ms=None):
        kind = self.rng.choice([self.command, self.call, self.cpu_call])
        return kind(mode, ms)

    def crash(self):
        """It takes its process down each time, beside calls that are not to be
        blamed."""
        return self.call("crash", 0, "crashes")

    def flaky(self):
        """Fails twice, and is tried again."""
        job = self.command("flaky")
        job.retry(2, "exit=75")
        return job

    def asking(self):
        """Asks itself to be tried again, twice, not before `ms` have passed."""
        ms = self.ms()
        job = self.rng.choice([self.call, self.cpu_call])("again", ms)
        job.retries, job.delay_s = 2, 2 * ms / 1000
        if self.rng.random() < 0.5:
            job.retry(2, "lost")  # its own wish need not stand there
        return job

    def refusing(self):
        """Its policy would try it again, the job itself does not want that."""
        job = self.rng.choice([self.call, self.cpu_call])("refuse")
        job.retry(3, "error")
        job.retries = 0
        return job

    def too_long(self):
        """It would last for a minute, and may not."""
        job = self.any("ok", 60000)
        reason = self.rng.choice(["run-timeout", "idle-timeout", "deadline"])
        job.limit(reason, self.limit_s())
        job.must_expire = True
        if reason != "deadline" and self.rng.random() < 0.3:
            job.retry(1, reason)
        return job

    def limited(self):
        """It may be in time, or not. A worker starts at once."""
        job = self.rng.choice([self.any, self.commands, self.calls])()
        for reason in self.rng.sample(LIMITS, self.rng.choice([1, 1, 2])):
            job.limit(reason, 0.001 if reason == "start-timeout"
                      else self.limit_s())
        return job

    def unknown(self):
        """No worker offers its function."""
        job = self.call("ok", 0, "absent")
        job.limit(self.rng.choice(["queue-timeout", "deadline"]), self.limit_s())
        job.must_expire = True
        return job

    def at_most_once(self):
        """Lost rather than started again."""
        job = self.rng.choice([self.any, self.commands, self.calls])()
        job.options.append("--at-most-once")
        job.starts_max = 1
        return job

    def leaving(self):
        """It leaves processes behind that do not want to end."""
        return self.rng.choice([self.command, self.commands])("daemon")

    def deaf(self):
        """The same, and stays itself: both are killed."""
        job = self.command("both", 0)
        job.limit("run-timeout", self.limit_s())
        job.must_expire = True
        return job

    def elements(self, most):
        numbers = range(1, self.rng.randint(2, most) + 1)
        return ["--array", f"1-{len(numbers)}"], {
            n: f"{self.item()}-{n}" for n in numbers}

    def commands(self, mode="ok"):
        array, items = self.elements(40)
        ms = self.rng.choice([0, 20, 100])
        return Job([*array, *self.attempt(mode, ms, f"{self.item()}-{{}}")],
                   items, mode)

    def calls(self):
        """Short ones: those that were lost together run again alone, one after the
        other."""
        array, items = self.elements(300)
        ms = self.rng.choice([0, 10, 50])
        return Job([*array, "--call", "waits",
                    *self.args("ok", ms, f"{self.item()}-{{}}")],
                   items, fn="waits")

    def failing(self):
        """So many failures end all of it."""
        job = self.commands(self.rng.choice(["fail", "odd", "odd"]))
        job.max_fails = self.rng.choice(["1", "3", "15", "10%", "40%", "60%"])
        job.options += ["--max-fails", job.max_fails]
        return job

    def cancelled(self):
        job = self.rng.choice([self.command, self.call, self.commands,
                               self.leaving])()
        job.may_be_cancelled = True
        return job


LIMITS = ["queue-timeout", "start-timeout", "run-timeout", "idle-timeout",
          "deadline"]
KINDS = {Mix.command: 6, Mix.call: 4, Mix.cpu_call: 2, Mix.commands: 3,
         Mix.calls: 2, Mix.cancelled: 2, Mix.flaky: 2, Mix.asking: 2,
         Mix.refusing: 1, Mix.too_long: 2, Mix.limited: 2, Mix.unknown: 1,
         Mix.at_most_once: 2, Mix.crash: 1, Mix.leaving: 3, Mix.deaf: 2,
         Mix.failing: 3}


class Client(threading.Thread):
    """Submits one job after the other, over a link of its own; awaits most of them, and
    complains when it was told anything but the final truth."""

    def __init__(self, cluster, name, seed, stopping):
        super().__init__(name=name, daemon=True)
        self.cluster, self.stopping = cluster, stopping
        self.rng = random.Random(f"{seed} {name}")
        self.mix = Mix(self.rng, cluster, name)
        self.accepted = []
        self.told = []  # (job, exit code of yon wait)
        self.left = []  # programs that were there after their jobs had ended
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
            stderr=subprocess.PIPE, text=True,
            env={**os.environ, "YON_ACCESS": self.cluster.access(self.name)})
        try:
            out, err = self.process.communicate(timeout=2 * PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise Wrong(f"yon {words[0]} does not end: {words}") from None
        return self.process.returncode, out.strip(), err.strip()

    def one(self, job):
        self.accept(job, "submit", "--key", f"{self.name}-{self.mix.n}",
                    *job.options, *job.words)
        if job.may_be_cancelled:
            self.cancel(job)
        while self.rng.random() < 0.5:
            if self.wait(job) != EXITS["failed"] or self.rng.random() < 0.5:
                return
            job = self.retry(job)

    def accept(self, job, *words):
        """Until there is a receipt; now and then once more, which must change
        nothing."""
        job.submitted_s = time.time()
        while True:
            code, out, err = self.yon(*words)
            if out:
                if job.id not in (None, out):
                    raise Wrong(f"one {words[0]} is job {job.id} and {out}")
                if job.id is None:
                    job.id = out
                    self.accepted.append(job)
            if code == 0 and self.rng.random() < 0.9:
                return
            if code != 0 and code not in AGAIN:
                raise Wrong(f"{words[0]} has ended with {code}: {err}")

    def retry(self, job):
        """Its failed elements become a new job."""
        again = copy.copy(job)
        again.of, again.id, again.may_be_cancelled = job, None, False
        self.accept(again, "retry", "--yes", job.id)
        return again

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
                self.left += [program for program in programs(self.cluster)
                              if program.ref.split(".")[0] == job.id]
                return code
            if code not in AGAIN:
                raise Wrong(f"wait has ended with {code}: {err}")

    def disturb(self, number):
        """A signal to its command, if one runs."""
        if self.process is None or self.process.returncode is not None:
            return False
        self.process.send_signal(number)
        return True
