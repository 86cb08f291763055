import asyncio

from seconds import seconds


class Shop:
    async def __aenter__(self):
        print("the shop is open")

    async def __aexit__(self, *exc):
        await asyncio.sleep(seconds(1))
        print("the shop is closed")


async def sell():
    async with Shop():
        await asyncio.sleep(seconds(9))


async def day():
    task = asyncio.create_task(sell())
    await asyncio.sleep(seconds(1))
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled")


asyncio.run(day())
