# SPDX-License-Identifier: MIT
"""check - the rules that hold when all is healed and every job has ended."""
import collections
import datetime
import json
import re
import signal
import sqlite3
import subprocess
import time

from cluster import Wrong, boot_s, descendants, processes, programs, until
from faults import KillShim, StopYond
from load import EXITS

CLOCKS_S = 0.02  # that they are read with

Start = collections.namedtuple("Start", "ref attempt pid worker at_s")


def lines(path):
    return path.read_text().splitlines() if path.exists() else []


def wall_s(text):
    """The seconds of a time in the output of yon, or in a log."""
    return datetime.datetime.fromisoformat(text).timestamp()


def is_by_fails(outcome):
    """Whether it was ended since others of its array had failed."""
    return outcome["state"] == "cancelled" and (
        outcome["error"]["message"] or "").startswith("max-fails: ")


class Check:
    def __init__(self, cluster, storm, clients):
        self.cluster, self.storm, self.clients = cluster, storm, clients
        self.jobs = [job for client in clients for job in client.accepted]
        self.outcomes = {}
        self.starts = collections.defaultdict(list)
        self.lapses = collections.defaultdict(list)  # of sessions, by worker
        self.crashes = collections.defaultdict(list)  # of calls, by worker
        self.booted_s = time.time() - boot_s()  # when it was
        self.errors = []

    def at_s(self, text):
        """A time as text, in seconds as boot_s counts them."""
        return wall_s(text) - self.booted_s

    def expect(self, holds, text):
        if not holds:
            self.errors.append(text)

    def all(self):
        """Check every rule; raise with all that do not hold."""
        self.read_starts()
        self.read_outcomes()
        self.read_retried()
        self.read_lapses()
        self.read_crashes()
        for job in self.jobs:
            for elem in job.items:
                self.element(job, elem)
            self.fails_end(job)
        for ref in self.outcomes.keys() - self.refs():
            self.expect(False, f"{ref} has an outcome, and nobody has handed it in")
        self.answers()
        self.ends()
        for line in lines(self.cluster.dir / "overlaps"):
            self.overlap(*line.split())
        self.logs()
        if self.errors:
            raise Wrong("\n".join(self.errors))

    # ---- observations ----

    def read_starts(self):
        worker = {self.cluster.links.address(name): name
                  for name in self.cluster.workers}
        for line in lines(self.cluster.dir / "starts"):
            ref, attempt, pid, at, now = line.split()
            self.starts[ref].append(
                Start(ref, attempt, int(pid), worker[at], float(now)))

    def read_outcomes(self):
        run = self.cluster.yon("result", "all", "--each")
        for line in run.stdout.splitlines():
            outcome = json.loads(line)
            ref = outcome["id"]
            self.expect(ref not in self.outcomes, f"{ref} has two outcomes")
            self.outcomes[ref] = outcome

    def read_retried(self):
        """A retry has the failed elements, with their numbers."""
        for job in self.jobs:
            if job.of is not None:
                job.items = {elem: item for elem, item in job.of.items.items()
                             if self.has_failed(job.of, elem)}

    def has_failed(self, job, elem):
        """An element that the failures of others ended never had its chance."""
        outcome = self.outcomes.get(job.ref(elem))
        return outcome is not None and (
            EXITS[outcome["state"]] == 1 or is_by_fails(outcome))

    def read_lapses(self):
        for name in self.cluster.workers:
            for line in lines(self.cluster.dir / f"{name}.log"):
                at, _, text = line.partition(" ")
                if text.startswith(("warn disconnected ", "error process-stuck ")):
                    self.lapses[name].append(self.at_s(at))

    def read_crashes(self):
        for job in self.jobs:
            for start in self.starts[job.ref(1)] if job.mode == "crash" else ():
                self.crashes[start.worker].append(start.at_s)

    def refs(self):
        return {job.ref(elem) for job in self.jobs for elem in job.items}

    def counts(self):
        """The number of outcomes, by state and reason."""
        return collections.Counter(
            "max-fails" if is_by_fails(outcome)
            else outcome["reason"] or outcome["state"]
            for outcome in self.outcomes.values())

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
        self.expect(self.is_right(job, elem, outcome, starts),
                    f"{ref} has ended as it must not: {outcome}, of {attempts}")
        self.expect(len(starts) <= job.starts_max,
                    f"{ref} must not be started again: {attempts}")
        self.restarts(job, ref, starts)

    def is_right(self, job, elem, outcome, starts):
        attempts = [start.attempt for start in starts]
        state = outcome["state"]
        if state == "cancelled":
            return job.may_be_cancelled or self.may_end(job, outcome)
        if outcome["reason"] == "poisoned":
            return job.mode == "crash" or self.may_be_poisoned(attempts)
        if state == "lost":
            return job.starts_max == 1 and self.may_be_lost(job, outcome, starts)
        if state == "expired":
            return self.may_expire(job, outcome, starts)
        if outcome["reason"] == "signal":
            return self.may_be_killed(outcome)
        want = job.want(elem, outcome["attempt"])
        return outcome["attempt"] in attempts and all(
            outcome.get(key) == value for key, value in want.items())

    def may_be_poisoned(self, attempts):
        """Three of its workers were lost while it ran there alone. We did it, but
        nobody could know. An attempt that had not begun is not blamed."""
        return len(attempts) >= 3

    def may_be_killed(self, outcome):
        """With its shim, perhaps before it had begun."""
        name = outcome["worker"].partition(".")[0]
        return outcome["exit"]["signal"] == signal.SIGKILL and any(
            isinstance(fault, KillShim) and fault.target == name
            and self.at_s(outcome["started_at"]) <= fault.healed_s
            and self.at_s(outcome["ended_at"]) >= fault.began_s - CLOCKS_S
            for fault in self.storm.all)

    def may_be_lost(self, job, outcome, starts):
        """A fault hit its worker; without a known worker, the fault came before yond
        was started."""
        name = (outcome["worker"] or "yond").partition(".")[0]
        from_s = job.submitted_s - self.booted_s
        one = starts[0] if starts else Start(None, None, None, name, from_s)
        return self.may_have_cost(one, self.at_s(outcome["ended_at"]))

    def may_end(self, job, outcome):
        """Its failures are as many as it says, and as its policy says."""
        n = self.n_failed(job)
        said = re.match("max-fails: ([0-9]+) have failed$",
                        outcome["error"]["message"] or "")
        return (said is not None and job.max_fails is not None
                and job.fails_max() <= int(said[1]) <= n)

    def n_failed(self, job):
        return sum(EXITS[self.outcomes[job.ref(elem)]["state"]] == 1
                   for elem in job.items if job.ref(elem) in self.outcomes)

    def may_expire(self, job, outcome, starts):
        """Not before its time. The wait is over with the first start, which only
        a yond that ended since can have forgotten; and what was not started in
        time is not."""
        reason, ended_s = outcome["reason"], wall_s(outcome["ended_at"])
        if reason not in job.limits:
            return False
        if reason == "queue-timeout" and not all(map(self.is_forgotten, starts)):
            return False
        if reason == "start-timeout" and outcome["attempt"] in [
                start.attempt for start in starts]:
            return False
        is_run = reason in ("run-timeout", "idle-timeout")
        from_s = wall_s(outcome["started_at"]) if is_run else job.submitted_s
        return ended_s - from_s >= job.limits[reason] - CLOCKS_S

    def is_forgotten(self, start):
        return any(fault.target == "yond" and not isinstance(fault, StopYond)
                   and fault.healed_s >= start.at_s for fault in self.storm.all)

    def restarts(self, job, ref, starts):
        """Each start but the first has a reason: a failure, or a fault that may
        have cost the one before. After a failure comes what its job asked for."""
        without = [(a, b) for a, b in zip(starts, starts[1:])
                   if not self.may_have_cost(a, b.at_s)]
        self.expect(len(without) <= job.retries,
                    f"{ref} was started again without a reason: {without}")
        self.expect(all(b.at_s - a.at_s >= job.delay_s - CLOCKS_S
                        for a, b in without),
                    f"{ref} was started again too soon: {without}")

    def fails_end(self, job):
        """An element that fails once enough have failed was running then."""
        most = (job.fails_max() or len(job.items)) + self.cluster.n_slots
        self.expect(self.n_failed(job) <= most,
                    f"{self.n_failed(job)} of {job.id} have failed, at most "
                    f"{most} may: --max-fails {job.max_fails}")

    def may_have_cost(self, one, until_s):
        """A start; or its worker has waited for an ack for too long, or has not
        answered its supervisor: on a machine with more to do than we are it does
        not take a fault. Or a call has crashed there."""
        return any(one.at_s - self.cluster.lease_s <= at_s <= until_s
                   for at_s in (self.lapses[one.worker] +
                                self.crashes[one.worker])) or any(
            self.explains(fault, one, until_s) for fault in self.storm.all)

    def explains(self, fault, one, until_s):
        lease_s = self.cluster.lease_s
        return (fault.costs_attempts
                and fault.target.split()[-1] in (one.worker, "yond")
                and fault.began_s <= until_s
                and fault.healed_s >= one.at_s - lease_s)

    def overlap(self, ref, attempt, pid, later):
        """A process of an attempt ran when a later one was started. Only when
        nobody was left to see to it, it stays until there is a worker again."""
        one, two = (next(s for s in self.starts[ref] if s.attempt == name)
                    for name in (attempt, later))
        faults = [f"{fault} {fault.began_s - one.at_s:+.2f} "
                  f"{fault.healed_s - one.at_s:+.2f}"
                  for fault in self.storm.all if self.explains(fault, one, two.at_s)]
        is_left = any(
            self.explains(fault, one, two.at_s) and (
                fault.leaves_programs if int(pid) == one.pid else fault.leaves_strays)
            for fault in self.storm.all if fault.target == one.worker)
        self.expect(is_left, f"{ref}: attempt {attempt} (pid {pid}) ran on "
                           f"{one.worker} when {later} was started on {two.worker}, "
                           f"{two.at_s - one.at_s:.2f} s later; {faults}")

    def answers(self):
        """Clients that waited were told the truth."""
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

    def ends(self):
        """The processes of an attempt had ended before its outcome was reported. An
        attempt that was given up does not count: its worker is killed, or is about
        to be."""
        for client in self.clients:
            for program in client.left:
                outcome = self.outcomes.get(program.ref, {})
                self.expect(outcome.get("attempt") != program.attempt or
                            outcome["state"] not in ("done", "failed") or
                            outcome["reason"] == "poisoned",
                            f"{program} was there when {outcome} had been told")

    def logs(self):
        for log in sorted(self.cluster.dir.glob("*.log")):
            for line in lines(log):
                self.expect("bug at" not in line, f"{log.name}: {line}")

    def nobody_is_left(self):
        """The processes of attempts are gone, and so are those of killed workers."""
        try:
            until("all that workers left has ended", lambda: not self.left_over())
        except Wrong as wrong:
            pids = ",".join(map(str, self.left_over()))
            ps = subprocess.run(["ps", "-o", "pid,ppid,pgid,stat,etime,args", "e",
                                 "-ww", "-p", pids], capture_output=True, text=True,
                                check=False)
            raise Wrong(f"{wrong}\n{ps.stdout}") from None

    def left_over(self):
        own = {pid for worker in self.cluster.workers.values()
               for pid in [worker.pid, *descendants(worker.pid)]}
        return [program.pid for program in programs(self.cluster)] + [
            pid for pid, _ in processes(self.cluster, "YON_CHAOS_WORKER")
            if pid not in own]

    def database(self):
        """After the end of yond: the database is whole, and has no outcome twice."""
        db = sqlite3.connect(self.cluster.db)
        if db.execute("pragma integrity_check").fetchall() != [("ok",)]:
            raise Wrong("the database is damaged")
        (n,) = db.execute("select count(*) from outcome").fetchone()
        if n > len(self.outcomes):
            raise Wrong(f"{n} outcomes are stored, of {len(self.outcomes)}")
