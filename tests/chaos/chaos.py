#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""chaos - a cluster of real processes under load, to which everything happens.

    chaos.py --build DIR --dir DIR [--disk DIR] [--seconds N] [--seed N]

For so long clients hand in jobs of all kinds, while processes are killed and
stopped, links are cut, and the disk is full or fails. Then all is healed, and
each accepted job must have exactly one outcome, the right one, with no more
starts than it may have, and no process left behind. The seed chooses what
happens; when it happens to meet whom, the kernel chooses.
"""
import argparse
import pathlib
import random
import signal
import sys
import threading
import time

from check import Check
from cluster import Cluster, Wrong, boot_s, until
from faults import Storm
from load import Client

LEASE_S = 1
N_WORKERS, N_CLIENTS = 4, 8


def arguments():
    parser = argparse.ArgumentParser()
    for name in ("build", "dir", "disk"):
        parser.add_argument(f"--{name}", type=lambda s: pathlib.Path(s).resolve())
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**9)
    return parser.parse_args()


class Run:
    def __init__(self, args):
        self.args = args
        self.log = open(args.dir / "chaos.log", "w", encoding="utf-8")
        (args.dir / "pids").mkdir()
        self.cluster = Cluster(args.build, args.dir, args.disk or args.dir,
                               LEASE_S, N_WORKERS, N_CLIENTS)
        self.rng = random.Random(args.seed)
        self.storm = Storm(self.cluster, self.rng, self.tell)
        self.stopping = threading.Event()
        self.clients = [Client(self.cluster, name, args.seed, self.stopping)
                        for name in self.cluster.clients]
        self.n_killed = self.n_stopped = 0
        self.stopped = []

    def tell(self, text):
        print(f"{boot_s():.3f} {text}", file=self.log, flush=True)

    def disturb_client(self):
        """Kill or stop a command that awaits: jobs do not care."""
        client = self.rng.choice(self.clients)
        if self.rng.random() < 0.5:
            self.n_killed += client.disturb(signal.SIGKILL)
        elif client.disturb(signal.SIGSTOP):
            self.n_stopped += 1
            self.stopped.append(client)

    def wake_clients(self):
        for client in self.stopped:
            client.disturb(signal.SIGCONT)
        self.stopped = []

    def trouble(self):
        end = boot_s() + self.args.seconds
        while boot_s() < end:
            time.sleep(self.storm.step())
            self.wake_clients()
            if self.rng.random() < 0.3:
                self.disturb_client()
            self.check_alive()
        self.wake_clients()

    def check_alive(self):
        self.storm.check()
        for client in self.clients:
            if client.wrong:
                raise client.wrong

    def settle(self):
        """All is healed: wait until everything has ended."""
        self.stopping.set()
        self.storm.heal_all()
        self.tell("all is healed")
        until("all clients have ended", self.clients_have_ended)
        run = self.cluster.yon("wait", "all", "-q", "--timeout", "60s")
        if run.returncode not in (0, 1, 7, 8):
            raise Wrong(f"yon wait all: {run.returncode}")
        self.tell("all jobs have ended")

    def clients_have_ended(self):
        self.check_alive()
        return not any(client.is_alive() for client in self.clients)

    def all(self):
        self.cluster.start()
        for client in self.clients:
            client.start()
        self.trouble()
        self.settle()
        check = Check(self.cluster, self.storm, self.clients)
        check.all()
        check.nobody_is_left()
        self.cluster.stop()
        check.logs()
        check.database()
        return self.summary(check)

    def summary(self, check):
        n_starts = sum(map(len, check.starts.values()))
        n_elems = sum(len(job.items) for job in check.jobs)
        return (f"{len(check.jobs)} jobs, {n_elems} outcomes: "
                f"{tally(check.counts())}; {n_starts} starts; "
                f"{len(self.storm.all)} faults: {tally(self.storm.counts())}; "
                f"clients killed: {self.n_killed}, stopped: {self.n_stopped}")


def tally(counts):
    return ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items()))


def main():
    args = arguments()
    print(f"seed {args.seed}", flush=True)
    run = Run(args)
    try:
        print("note:", run.all())
    except (Wrong, OSError) as wrong:
        print(f"FAILED, seed {args.seed}: {wrong}", flush=True)
        run.tell(f"FAILED: {wrong}")
        return 1
    finally:
        run.stopping.set()
        run.cluster.kill()
    return 0


sys.exit(main())
