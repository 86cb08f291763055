# SPDX-License-Identifier: MIT
"""What bench_turns, bench_coros and bench_gather do, in Python's asyncio."""

import asyncio
import gc
import os
import time

MANY = 100_000
ROUNDS = 3
AT_ONCE = 1000
TURNS = 300


def print_cost(what, n, took_s):
    print(f"asyncio_{what}_ns={took_s * 1e9 / n:.1f}")


async def do_nothing():
    pass


async def yield_often():
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def turns():
    start = time.process_time()
    await asyncio.gather(*[yield_often() for _ in range(AT_ONCE)])
    print_cost("turn", AT_ONCE * TURNS, time.process_time() - start)


async def lives():
    start = time.process_time()
    for _ in range(MANY * ROUNDS // AT_ONCE):
        await asyncio.gather(*[do_nothing() for _ in range(AT_ONCE)])
    print_cost("spawn", MANY * ROUNDS, time.process_time() - start)


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


async def sleepers():
    gc.collect()
    before = resident_bytes()
    tasks = [asyncio.create_task(asyncio.sleep(1e6)) for _ in range(MANY)]
    await asyncio.sleep(0)
    print(f"asyncio_sleeper_bytes={(resident_bytes() - before) // MANY}")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def gather():
    start = time.process_time()
    for _ in range(ROUNDS):
        await asyncio.gather(*[do_nothing() for _ in range(MANY)])
    took = time.process_time() - start
    print(f"asyncio_gather_per_s={MANY * ROUNDS / took:.0f}")


async def main():
    await sleepers()  # first, while no memory is there to be used again
    await turns()
    await lives()
    await gather()


asyncio.run(main())
