import asyncio
import time

from seconds import seconds


def read_slowly():
    time.sleep(seconds(3))
    return 42


async def wait_and_tick():
    task = asyncio.create_task(asyncio.to_thread(read_slowly))
    print("reading ...")
    await asyncio.sleep(seconds(1))
    print("the loop goes on")
    print(f"{await task} lines")


asyncio.run(wait_and_tick())
