import asyncio

from seconds import seconds


async def receive():
    window = asyncio.Semaphore(2)

    async def letter(i, n):
        async with window:
            await asyncio.sleep(seconds(n))
        return i

    letters = [
        asyncio.create_task(letter(i, n)) for i, n in enumerate((4, 1, 2, 2))
    ]
    for arrived in asyncio.as_completed(letters):
        print(f"letter {await arrived} is there")


asyncio.run(receive())
