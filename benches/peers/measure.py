"""What running a program costs: seconds on the clock, seconds of processor, most memory. Programs take turns, and the least of several runs counts."""
import math
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field

START = time.monotonic()


def say(text):
    print(f"[{time.monotonic() - START:4.0f} s] {text}", file=sys.stderr, flush=True)


class Failed(Exception):
    """A program ended with an error; the text is the last of what it said."""


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, seconds of processor (user and system, all threads), bytes of memory at its peak."""

    wall: float
    cpu: float
    memory: int

    def least(self, other):
        """The lower times, for what else the machine does only adds to them; the higher peak."""
        return Cost(min(self.wall, other.wall), min(self.cpu, other.cpu), max(self.memory, other.memory))

    def plus(self, other):
        """One run after the other."""
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.memory, other.memory))

    def less(self, other):
        """Without the time that `other` took; its memory is no part of it."""
        return Cost(max(self.wall - other.wall, 1e-9), max(self.cpu - other.cpu, 1e-9), self.memory)


@dataclass
class Job:
    """A program to be run: `command`, with a file as its standard input and one (or nothing) for its output."""

    command: list
    stdin: str = os.devnull
    stdout: str = os.devnull
    env: dict = field(default_factory=dict)


class TooLong(Failed):
    """A program was ended because it had run for longer than it may."""


def run(job, limit=None):
    """Runs the job once, for `limit` seconds at most. Memory is what GNU time says: the kernel counts this script's own memory in a child that it starts itself."""
    report = f"{job.stdout if job.stdout != os.devnull else SCRATCH}.cost"
    command = [*(["timeout", "-k", "5", str(limit)] if limit else []), "time", "-o", report, "-f", "%M", "--", *map(str, job.command)]
    env = {key: value for key, value in os.environ.items() if not key.startswith("RHETOR_")} | job.env
    with open(job.stdin, "rb") as stdin, open(job.stdout, "wb") as stdout:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, env=env)
        said = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if limit and child.returncode == 124:
        raise TooLong(f"ended after {limit:.0f} s")
    if child.returncode:
        raise Failed(f"{' '.join(map(str, job.command))}: {said.decode(errors='replace').strip()[-400:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, int(open(report).read().split()[-1]) * 1024)


SCRATCH = os.devnull


def in_turn(jobs, runs, patience, limit=None):
    """What each of the named jobs costs at least. Every round runs all of them; one that has run for `patience` seconds sits out the next.

    One that failed is not among them; one that ran longer than `limit` costs infinitely much.
    """
    costs, spent = {}, dict.fromkeys(jobs, 0.0)
    for _ in range(runs):
        for name, job in jobs.items():
            if spent[name] > patience or costs.get(name, 0) is None:
                continue
            try:
                cost = run(job, limit)
            except TooLong as failure:
                say(f"{name}: {failure}")
                cost = Cost(math.inf, math.inf, 0)
                spent[name] = math.inf
            except Failed as failure:
                say(f"FAILED {name}: {failure}")
                costs[name] = None
                continue
            spent[name] += cost.wall
            costs[name] = cost.least(costs[name]) if name in costs else cost
    return {name: cost for name, cost in costs.items() if cost}
