# SPDX-License-Identifier: MIT
"""faults - the faults of a chaos test, and their healing.

A fault has a target, which it has for itself until it is healed: a process, a
link, or the disk. `begin` and `heal` are called on the main thread only. A new
kind of fault is a class with both, listed in KINDS with its weight.
"""
import collections
import os
import signal
import subprocess

from cluster import Wrong, boot_s, children, comm, descendants, send


class Fault:
    """targets: the parts of the cluster that it can hit."""

    # Whether an attempt may be lost by it, and started again.
    costs_attempts = True
    # Which processes of an attempt may run on until there is a worker again: its
    # program, or the children of that.
    leaves_programs = leaves_strays = False

    def __init__(self, cluster, target, rng):
        self.cluster, self.target, self.rng = cluster, target, rng
        self.began_s = self.healed_s = None

    def __str__(self):
        return f"{type(self).__name__} {self.target}"

    @staticmethod
    def targets(cluster):
        raise NotImplementedError

    def heal(self):
        pass


# What keeps the programs of a worker: fork servers, and the shims that these make.
SHIMS = ("yon-forkserver", "yon-shim")


def worker_processes(supervisor):
    """Its loops, processes for cpu calls, fork servers and shims."""
    return [pid for pid in descendants(supervisor)
            if comm(pid).startswith(("yon-worker", *SHIMS))]


class OfWorker(Fault):
    @staticmethod
    def targets(cluster):
        return [w.name for w in cluster.workers.values() if w.runs()]

    @property
    def worker(self):
        return self.cluster.workers[self.target]


class KillWorker(OfWorker):
    def begin(self):
        self.worker.end(signal.SIGKILL)

    def heal(self):
        self.worker.start()


class KillShim(OfWorker):
    """A shim with a program, or its fork server; a program may kill its own. That is
    as if the program was killed."""

    def begin(self):
        pids = [pid for pid in worker_processes(self.worker.pid)
                if comm(pid) in SHIMS and children(pid)]
        if pids:
            send(self.rng.choice(pids), signal.SIGKILL)


class KillAll(OfWorker):
    """All its processes at the same moment, as an OOM killer would, or `systemctl
    kill`; not the programs. They stand still before, so that none sees another
    die."""

    leaves_strays = True

    def begin(self):
        pids = [self.worker.pid, *worker_processes(self.worker.pid)]
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                send(pid, number)
        self.worker.ended()

    def heal(self):
        self.worker.start()


class KillStopped(OfWorker):
    """The supervisor, while the processes that would see its end are stopped. They
    are never continued."""

    def begin(self):
        name = self.rng.choice([("yon-worker.",), SHIMS])
        self.leaves_programs = self.leaves_strays = name == SHIMS
        for pid in worker_processes(self.worker.pid):
            if comm(pid).startswith(name):
                send(pid, signal.SIGSTOP)
        self.worker.end(signal.SIGKILL)

    def heal(self):
        self.worker.start()


class DrainWorker(OfWorker):
    """SIGTERM: it ends when its runs have ended and were recorded; a second one does
    not wait for that."""

    def begin(self):
        send(self.worker.pid, signal.SIGTERM)

    def heal(self):
        if self.worker.runs():
            send(self.worker.pid, signal.SIGTERM)
        code = self.worker.ended()
        if code not in (0, 1, -signal.SIGTERM):  # it was starting
            raise Wrong(f"{self.target} was to drain, and ended with {code}")
        self.worker.start()


class KillLoop(OfWorker):
    """One process of a worker; its supervisor starts another."""

    def begin(self):
        pids = children(self.worker.pid)
        if pids:
            send(self.rng.choice(pids), signal.SIGKILL)


class StopLoop(OfWorker):
    """The loop stands still, its programs run on."""

    def begin(self):
        self.pids = children(self.worker.pid)
        self.pids = self.pids and [self.rng.choice(self.pids)]
        for pid in self.pids:
            send(pid, signal.SIGSTOP)

    def heal(self):
        for pid in self.pids:
            send(pid, signal.SIGCONT)


class StopSupervisor(OfWorker):
    """Its loops, unguarded, run on."""

    costs_attempts = False

    def begin(self):
        send(self.worker.pid, signal.SIGSTOP)

    def heal(self):
        send(self.worker.pid, signal.SIGCONT)


class Sleep(OfWorker):
    """The whole machine, parents before children so that none is missed; it
    wakes in the same order."""

    def begin(self):
        self.pids = []
        while awake := [pid for pid in [self.worker.pid,
                                        *descendants(self.worker.pid)]
                        if pid not in self.pids]:
            for pid in awake:
                send(pid, signal.SIGSTOP)
            self.pids += awake

    def heal(self):
        for pid in self.pids:
            send(pid, signal.SIGCONT)


class OfYond(Fault):
    @staticmethod
    def targets(cluster):
        return ["yond"] if cluster.yond.runs() else []

    @property
    def yond(self):
        return self.cluster.yond


class KillYond(OfYond):
    def begin(self):
        self.yond.end(signal.SIGKILL)

    def heal(self):
        self.yond.start()


class EndYond(OfYond):
    """Also while it starts, and knows nothing yet."""

    def begin(self):
        code = self.yond.end(signal.SIGTERM)
        is_full = (self.cluster.disk / "filler").exists()
        if code not in (0, -signal.SIGTERM) and not is_full:
            raise Wrong(f"yond was to end, and did so with {code}")

    def heal(self):
        self.yond.start()


class StopYond(OfYond):
    def begin(self):
        send(self.yond.pid, signal.SIGSTOP)

    def heal(self):
        send(self.yond.pid, signal.SIGCONT)


class BadDisk(OfYond):
    """A sync fails, once: yond ends, and says why."""

    order = "1"

    def begin(self):
        self.cluster.bad_disk.write_text(self.order)

    def is_unseen(self):
        return self.cluster.bad_disk.exists()

    def heal(self):
        if self.is_unseen():
            # Nothing was written meanwhile; or no end to it is in sight.
            self.yond.process.kill()
            self.cluster.bad_disk.unlink()
            self.yond.ended()
        elif (code := self.yond.ended()) != 1:
            raise Wrong(f"yond has ended with {code} when a sync failed")
        self.yond.start()


class DeadDisk(BadDisk):
    """Each sync fails."""

    order = "always"


class FullDisk(Fault):
    """Only where there is a small file system for it."""

    costs_attempts = False

    @staticmethod
    def targets(cluster):
        return ["disk"] if os.path.ismount(cluster.disk) else []

    @property
    def filler(self):
        return self.cluster.disk / "filler"

    def begin(self):
        with open(self.filler, "wb") as filler:
            subprocess.run(["cat", "/dev/zero"], stdout=filler,
                           stderr=subprocess.DEVNULL, check=False)

    def heal(self):
        self.filler.unlink()


class OfLink(Fault):
    order = ()

    @staticmethod
    def targets(cluster):
        return [f"link {name}" for name in cluster.links.addresses]

    @property
    def link(self):
        return self.target.split()[1]

    def begin(self):
        self.cluster.links.order(self.order[0], self.link, *self.order[1:])

    def heal(self):
        self.cluster.links.order("heal", self.link)


class CutLink(OfLink):
    order = ("cut",)


class HoldLink(OfLink):
    order = ("hold",)


class LoseLink(OfLink):
    """A connected peer must find out by itself, and connect anew."""

    order = ("lose",)


class DelayLink(OfLink):
    order = ("delay", "100")


KINDS = {
    KillWorker: 2, KillAll: 2, KillStopped: 2, KillLoop: 3, KillShim: 2,
    DrainWorker: 1, StopLoop: 2, StopSupervisor: 1, Sleep: 2, KillYond: 3,
    EndYond: 1, StopYond: 2, BadDisk: 1, DeadDisk: 1, FullDisk: 2, CutLink: 4,
    HoldLink: 4, LoseLink: 1, DelayLink: 2,
}


class Storm:
    """Faults, one after the other and several at once, from one seed."""

    MOST_AT_ONCE = 4

    def __init__(self, cluster, rng, tell):
        self.cluster, self.rng, self.tell = cluster, rng, tell
        self.active = {}  # target: fault
        self.all = []
        self.due_s = {}  # of the heal of a target
        self.queue = []  # faults that were chosen together

    def counts(self):
        return collections.Counter(type(fault).__name__ for fault in self.all)

    # ---- choosing ----

    def choose(self):
        """One fault, or each link in turn."""
        if self.rng.random() < 0.03:
            return self.all_links()
        kinds = [kind for kind in KINDS if self.free(kind)]
        kind = self.rng.choices(kinds, [KINDS[kind] for kind in kinds])[0]
        return [self.new(kind, self.rng.choice(self.free(kind)))]

    def all_links(self):
        kind = self.rng.choice([CutLink, HoldLink])
        targets = self.free(kind)
        self.rng.shuffle(targets)
        return [self.new(kind, target) for target in targets]

    def free(self, kind):
        return [target for target in kind.targets(self.cluster)
                if target not in self.active]

    def new(self, kind, target):
        return kind(self.cluster, target, self.rng)

    # ---- doing ----

    def begin(self, fault):
        self.tell(f"{fault}")
        fault.began_s = boot_s()
        self.active[fault.target] = fault
        self.all.append(fault)
        self.due_s[fault.target] = boot_s() + self.rng.uniform(
            0.05, 2 * self.cluster.lease_s)
        fault.begin()

    def heal(self, target):
        fault = self.active[target]
        self.tell(f"{fault}: healed")
        fault.heal()
        fault.healed_s = boot_s()
        del self.active[target], self.due_s[target]

    def step(self):
        """Do all that is due; returns how long to wait."""
        for target in [t for t, due in self.due_s.items() if due <= boot_s()]:
            self.heal(target)
        if not self.queue and len(self.active) < self.MOST_AT_ONCE:
            self.queue = self.choose()
        if self.queue:
            fault = self.queue.pop()
            if fault.target not in self.active:
                self.begin(fault)
        return self.rng.uniform(0.02, 0.05 if self.queue else 0.4)

    def heal_all(self):
        """The disk first: nobody can start without one."""
        for target in sorted(self.active, key=lambda t: t != "disk"):
            self.heal(target)

    def check(self):
        """No process has ended but by our faults."""
        for program in [self.cluster.yond, *self.cluster.workers.values()]:
            if not program.runs() and program.name not in self.active:
                self.ended(program)

    def had_full_disk(self, program):
        """Now, or since it was started."""
        return any(isinstance(fault, FullDisk)
                   and (fault.healed_s is None or fault.healed_s >= program.began_s)
                   for fault in self.all)

    def ended(self, program):
        """A yond that cannot start since the disk is full is right to say so."""
        code = program.process.returncode
        if program is self.cluster.yond and self.had_full_disk(program) and code == 1:
            program.start()
        else:
            raise Wrong(f"{program.name} has ended by itself, with {code}")
