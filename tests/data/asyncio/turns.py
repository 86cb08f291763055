import asyncio

from seconds import seconds


async def count(name):
    for i in range(1, 4):
        print(name, i)
        await asyncio.sleep(0)


async def tick():
    loop = asyncio.get_running_loop()
    next_time = loop.time()
    for _ in range(3):
        print("tick")
        next_time += seconds(1)
        await asyncio.sleep(next_time - loop.time())


async def take_turns():
    await asyncio.gather(count("ping"), count("pong"))
    await tick()


asyncio.run(take_turns())
