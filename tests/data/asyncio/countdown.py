import asyncio

from seconds import seconds


async def count_down(start):
    try:
        n = start
        while n > 0:
            await asyncio.sleep(seconds(1) / 10)
            try:
                yield n
                n -= 1
            except ValueError:
                n = start
    finally:
        print("the countdown is over")


async def launch():
    async for n in count_down(3):
        print(n)

    counts = count_down(3)
    await anext(counts)
    n = await anext(counts)
    print(f"at {n}: begin again")
    n = await counts.athrow(ValueError())
    print(f"at {n}: enough")
    await counts.aclose()


asyncio.run(launch())
