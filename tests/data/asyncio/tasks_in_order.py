import asyncio
import time

from seconds import seconds, seconds_since


async def task2():
    print("Task 2 begins.")
    await asyncio.sleep(seconds(3))
    print("Task 2 ends.")


async def task1():
    start = time.monotonic()
    print("Task 1 begins.")
    await asyncio.sleep(seconds(3))
    second = asyncio.create_task(task2())
    await second
    print(f"Task 1 ends after {seconds_since(start)} seconds.")


asyncio.run(task1())
