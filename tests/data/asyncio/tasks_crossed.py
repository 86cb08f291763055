import asyncio

from seconds import seconds


async def task1():
    print("Task 1 begins.")
    await asyncio.sleep(seconds(3))
    print("Task 1 ends.")


async def task2():
    print("Task 2 begins.")
    await asyncio.sleep(seconds(1))
    print("Task 2 ends.")


async def both():
    first = asyncio.create_task(task1())
    second = asyncio.create_task(task2())
    await first
    await second


asyncio.run(both())
