import asyncio

from seconds import seconds

background = set()


async def sweep():
    await asyncio.sleep(seconds(1))
    print("the floor is clean")


async def close_shop():
    task = asyncio.create_task(sweep())
    background.add(task)  # else it may be lost
    task.add_done_callback(background.discard)


async def evening():
    await asyncio.create_task(close_shop())
    print("the shop is closed")
    await asyncio.gather(*background)


asyncio.run(evening())
