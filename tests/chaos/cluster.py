# SPDX-License-Identifier: MIT
"""cluster - the processes of a chaos test: yond, workers, and the links between them.
A process that ends untold is a bug, and so is one that does not end when told."""
import collections
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).parent
PATIENCE_S = 60  # then something hangs


# A process that an attempt has started.
Running = collections.namedtuple("Running", "pid ref attempt state")


class Wrong(Exception):
    """A rule is broken."""


def boot_s():
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def until(what, is_so):
    """Wait for an event that tells nobody."""
    end = boot_s() + PATIENCE_S
    while not is_so():
        if boot_s() > end:
            raise Wrong(f"{PATIENCE_S} s have passed, and not yet: {what}")
        time.sleep(0.02)


def state(pid):
    """The state of a process, as in ps; Z: it is gone."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "Z"
    return stat.rpartition(")")[2].split()[0]


def children(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(word) for word in text.split()]


def descendants(pid):
    return [d for child in children(pid) for d in [child, *descendants(child)]]


def comm(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def environ(pid):
    try:
        words = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return {}
    return dict(word.decode(errors="replace").partition("=")[::2]
                for word in words)


def processes(cluster, variable):
    """Processes with the address of one of its workers: pid, environment."""
    addresses = {cluster.links.address(name) for name in cluster.workers}
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        env = environ(path.name)
        if env.get(variable) in addresses and state(path.name) != "Z":
            yield int(path.name), env


def programs(cluster):
    """Running processes that attempts of its jobs have started. One that has cleaned
    its environment is not found."""
    return [Running(pid, env["YON_JOB"], env["YON_ATTEMPT"], state(pid))
            for pid, env in processes(cluster, "YON_SERVER")]


def send(pid, number):
    """Send a signal to a process that may have gone meanwhile."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Program:
    """One process that is started again and again."""

    def __init__(self, name, argv, log, env=None):
        self.name, self.argv, self.log = name, argv, log
        self.env = {**os.environ, **(env or {})}
        self.process = None
        self.began_s = None

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        self.began_s = boot_s()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.argv, env=self.env, stderr=log,
                                            stdout=log, stdin=subprocess.DEVNULL)

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def end(self, number):
        """End it by a signal; returns its exit code."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self):
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise Wrong(f"{self.name} does not end") from None


class Links:
    """The program `links`, which carries a link for each name to its target."""

    def __init__(self, folder, targets):
        self.process = subprocess.Popen(
            [sys.executable, HERE / "links.py", folder,
             *(f"{name}={target}" for name, target in targets.items())],
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.lock = threading.Lock()
        self.addresses = {}
        for _ in targets:
            name, address = self.process.stdout.readline().rstrip("\n").split(" ", 1)
            self.addresses[name] = address

    def order(self, *words):
        with self.lock:
            print(*words, file=self.process.stdin, flush=True)
            if self.process.stdout.readline() != "ok\n":
                raise Wrong("the links are gone")

    def address(self, name):
        return self.addresses[name]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Cluster:
    """dir: logs; disk: the database, on a file system of its own or not."""

    def __init__(self, build, dir, disk, lease_s, n_workers, n_clients):
        self.build, self.dir, self.disk, self.lease_s = build, dir, disk, lease_s
        self.bad_disk = dir / "bad-disk"
        self.db = disk / "db"
        port = free_port()
        self.server = f"ipc://{dir}/s"
        names = [f"w{i + 1}" for i in range(n_workers)]
        clients = [f"c{i + 1}" for i in range(n_clients)]
        # Every other one comes by tcp, with a key, as from another machine.
        self.links = Links(dir, {
            name: port if i % 2 else dir / "s"
            for peers in (names, clients) for i, name in enumerate(peers)})
        self.make_keys(names + clients)
        # Our library is found by its name, for a space would end its path. It
        # need not be before that of the sanitizer: it replaces nothing of it.
        asan = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        self.yond = Program(
            "yond", [build / "bin/yond", "--listen", self.server, "--listen",
                     f"tcp://127.0.0.1:{port}", "--keys", dir / "up/keys", "--db",
                     self.db, "--lease", str(lease_s)], dir / "yond.log",
            {"LD_PRELOAD": "bad_disk.so", "LD_LIBRARY_PATH": build / "lib",
             "ASAN_OPTIONS": asan, "BAD_DISK": self.bad_disk})
        self.n_slots = 0
        self.workers = {name: self.worker(name, i)
                        for i, name in enumerate(names)}
        self.clients = clients

    def make_keys(self, names):
        """An access file for each that comes by tcp."""
        up = self.dir / "up"
        (up / "keys").mkdir(mode=0o700, parents=True)
        up.chmod(0o700)
        for name in names:
            address = self.links.address(name)
            if not address.startswith("tcp:"):
                continue
            addresses = up / "keys/addresses"
            addresses.write_text(address + "\n")
            addresses.chmod(0o600)
            subprocess.run(
                [self.build / "bin/yon", "key", "new", name, "--dir", up,
                 "--role", "work,admin", "--file", self.access(name)], check=True,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def access(self, name):
        return self.dir / f"{name}.access"

    def worker(self, name, i):
        """Some have one process, some have more; some have no cgroups."""
        procs = 1 + i % 2
        address = self.links.address(name)
        self.n_slots += procs + 1
        return Program(
            name, [self.build / "bin/yon-worker", "--server", address, "--name",
                   name, "--procs", str(procs), "--slots", str(procs + 1),
                   "--grace-ms", str(1000 * self.lease_s), "--load",
                   self.build / "lib/chaos_jobs.so",
                   *(["--cgroup", "none"] if i >= 2 else [])],
            self.dir / f"{name}.log", {"YON_CHAOS_WORKER": address,
                                         "YON_ACCESS": self.access(name)})

    def yon(self, *words, **options):
        """A command of a client that no fault reaches; its output."""
        return subprocess.run(
            [self.build / "bin/yon", "-s", self.server, *map(str, words)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            timeout=PATIENCE_S * 2, **options)

    def start(self):
        self.yond.start()
        until("yond listens", (self.dir / "s").exists)
        for worker in self.workers.values():
            worker.start()

    def stop(self):
        """Stop all of it in order; workers first, while yond takes their reports."""
        for program in [*self.workers.values(), self.yond]:
            code = program.end(signal.SIGTERM)
            if code != 0:
                raise Wrong(f"{program.name} has ended with {code}")

    def kill(self):
        for program in [*self.workers.values(), self.yond]:
            if program.runs():
                program.process.kill()
                program.process.wait()
        self.links.close()
