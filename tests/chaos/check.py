# SPDX-License-Identifier: MIT
"""check - what must hold when all is healed and every job has ended."""
import collections
import datetime
import json
import pathlib
import sqlite3
import subprocess
import time

import cluster
from cluster import Wrong, until
from load import EXITS

Start = collections.namedtuple("Start", "ref attempt pid worker at_s")


def lines(path):
    return path.read_text().splitlines() if path.exists() else []


def environ(process):
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


class Check:
    def __init__(self, cluster, storm, clients):
        self.cluster, self.storm, self.clients = cluster, storm, clients
        self.jobs = [job for client in clients for job in client.accepted]
        self.outcomes = {}
        self.starts = collections.defaultdict(list)
        self.lapses = collections.defaultdict(list)  # of sessions, by worker
        self.crashes = collections.defaultdict(list)  # of calls, by worker
        self.errors = []

    def expect(self, holds, text):
        if not holds:
            self.errors.append(text)

    def all(self):
        """Every rule; raises with all that do not hold."""
        self.read_starts()
        self.read_outcomes()
        self.read_lapses()
        self.read_crashes()
        for job in self.jobs:
            for elem in job.items:
                self.element(job, elem)
        for ref in self.outcomes.keys() - self.refs():
            self.expect(False, f"{ref} has an outcome, and nobody has handed it in")
        self.answers()
        for line in lines(self.cluster.dir / "overlaps"):
            self.overlap(*line.split())
        self.logs()
        if self.errors:
            raise Wrong("\n".join(self.errors))

    # ---- what was seen ----

    def read_starts(self):
        worker = {str(port): name
                  for name, port in self.cluster.links.port.items()}
        for line in lines(self.cluster.dir / "starts"):
            ref, attempt, pid, at, now = line.split()
            self.starts[ref].append(
                Start(ref, attempt, int(pid), worker.get(at, at), float(now)))

    def read_outcomes(self):
        run = self.cluster.yon("result", "all", "--each")
        for line in run.stdout.splitlines():
            outcome = json.loads(line)
            ref = outcome["id"]
            self.expect(ref not in self.outcomes, f"{ref} has two outcomes")
            self.outcomes[ref] = outcome

    def read_lapses(self):
        wall_s = time.time() - cluster.boot_s()
        for name in self.cluster.workers:
            for line in lines(self.cluster.dir / f"{name}.log"):
                at, _, text = line.partition(" ")
                if text.startswith("no session with"):
                    at = datetime.datetime.fromisoformat(at)
                    self.lapses[name].append(at.timestamp() - wall_s)

    def read_crashes(self):
        for job in self.jobs:
            for start in self.starts[job.ref(1)] if job.mode == "crash" else ():
                self.crashes[start.worker].append(start.at_s)

    def refs(self):
        return {job.ref(elem) for job in self.jobs for elem in job.items}

    # ---- rules ----

    def element(self, job, elem):
        ref = job.ref(elem)
        outcome = self.outcomes.get(ref)
        starts = self.starts[ref]
        if outcome is None:
            self.expect(False, f"{ref} was accepted and has no outcome")
            return
        attempts = [start.attempt for start in starts]
        self.expect(len(set(attempts)) == len(attempts),
                    f"{ref}: an attempt was started twice: {attempts}")
        self.expect(self.is_right(job, elem, outcome, attempts),
                    f"{ref} has ended as it must not: {outcome}, of {attempts}")
        self.expect(len(starts) <= job.starts_max,
                    f"{ref} must not be started again: {attempts}")
        self.restarts(job, ref, starts)

    def is_right(self, job, elem, outcome, attempts):
        if outcome["state"] == "cancelled":
            return job.may_be_cancelled
        if outcome["reason"] == "poisoned":
            return job.mode == "crash" or self.may_be_poisoned(attempts)
        if outcome["state"] == "lost":
            return job.starts_max == 1
        if outcome["attempt"] not in attempts and job.mode != "late":
            return False  # who is late may be ended before it has written
        want = job.want(elem, outcome["attempt"])
        return all(outcome.get(key) == value for key, value in want.items())

    def may_be_poisoned(self, attempts):
        """Three of its workers were lost while it ran there alone. We did it,
        but who could know. Who had not begun is not blamed."""
        return len(attempts) >= 3

    def restarts(self, job, ref, starts):
        """Each start but the first has a reason: a failure, or a fault that may
        have cost the one before."""
        without = [(a, b) for a, b in zip(starts, starts[1:])
                   if not self.has_lapsed(a, b)
                   and not any(self.explains(fault, a, b)
                               for fault in self.storm.all)]
        self.expect(len(without) <= job.retries,
                    f"{ref} was started again without a reason: {without}")

    def has_lapsed(self, one, next_one):
        """Its worker has waited for an ack for too long: on a machine with more
        to do than we are it does not take a fault. Or a call has crashed there."""
        return any(one.at_s - self.cluster.lease_s <= at_s <= next_one.at_s
                   for at_s in (self.lapses[one.worker] +
                                self.crashes[one.worker]))

    def explains(self, fault, one, next_one):
        lease_s = self.cluster.lease_s
        return (fault.costs_attempts
                and fault.target.split()[-1] in (one.worker, "yond")
                and fault.began_s <= next_one.at_s
                and fault.healed_s >= one.at_s - lease_s)

    def overlap(self, ref, attempt, pid, later):
        """An attempt ran when a later one was started."""
        one, two = (next(s for s in self.starts[ref] if s.attempt == name)
                    for name in (attempt, later))
        faults = [f"{fault} {fault.began_s - one.at_s:+.2f} "
                  f"{fault.healed_s - one.at_s:+.2f}"
                  for fault in self.storm.all if self.explains(fault, one, two)]
        self.expect(False, f"{ref}: attempt {attempt} (pid {pid}) ran on "
                           f"{one.worker} when {later} was started on {two.worker}, "
                           f"{two.at_s - one.at_s:.2f} s later; {faults}")

    def answers(self):
        """Who waited was told what holds."""
        for client in self.clients:
            for job, code in client.told:
                states = {self.outcomes[job.ref(elem)]["state"]
                          for elem in job.items
                          if job.ref(elem) in self.outcomes}
                want = next((EXITS[state]
                             for state in ("failed", "lost", "expired",
                                           "cancelled", "done")
                             if state in states), None)
                self.expect(code == want, f"{client.name} waited for {job.id}: "
                                          f"{code}, but it is {want}")

    def logs(self):
        for log in sorted(self.cluster.dir.glob("*.log")):
            for line in lines(log):
                self.expect("bug at" not in line, f"{log.name}: {line}")

    def no_program_is_left(self):
        """What attempts have started is gone."""
        try:
            until("the programs of all attempts have ended",
                  lambda: not self.left_over())
        except Wrong as wrong:
            pids = ",".join(process.name for process in self.left_over())
            ps = subprocess.run(["ps", "-o", "pid,ppid,pgid,stat,etime,args", "e",
                                 "-ww", "-p", pids], capture_output=True, text=True,
                                check=False)
            raise Wrong(f"{wrong}\n{ps.stdout}") from None

    def left_over(self):
        """They have the address of their worker in the environment."""
        ours = {f"YON_SERVER={self.cluster.links.address(name)}".encode()
                for name in self.cluster.workers}
        return [process for process in pathlib.Path("/proc").glob("[0-9]*")
                if ours & set(environ(process))
                and cluster.state(process.name) != "Z"]

    def database(self):
        """When yond has ended: it is whole, and no outcome is there twice."""
        db = sqlite3.connect(self.cluster.db)
        if db.execute("pragma integrity_check").fetchall() != [("ok",)]:
            raise Wrong("the database is damaged")
        (n,) = db.execute("select count(*) from outcome").fetchone()
        if n > len(self.outcomes):
            raise Wrong(f"{n} outcomes are stored, of {len(self.outcomes)}")
