import asyncio

from seconds import seconds


async def greet():
    print("Hello ...")
    await asyncio.sleep(seconds(1))
    print("... world!")


async def greet_twice():
    await asyncio.gather(greet(), greet())


asyncio.run(greet_twice())
