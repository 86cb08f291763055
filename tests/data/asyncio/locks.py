import asyncio

from seconds import seconds

bathroom = asyncio.Lock()
chairs = asyncio.Semaphore(2)
door = asyncio.Event()


async def wash(name):
    async with bathroom:
        print(f"{name} is in")
        await asyncio.sleep(seconds(1))
        print(f"{name} is out")


async def sit(name):
    async with chairs:
        print(f"{name} sits")
        await asyncio.sleep(seconds(1))


async def leave(name):
    await door.wait()
    print(f"{name} leaves")


async def all_three(fn):
    async with asyncio.TaskGroup() as g:
        g.create_task(fn("Ada"))
        g.create_task(fn("Grace"))
        g.create_task(fn("Linus"))
        if fn == leave:
            await asyncio.sleep(seconds(1))
            print("the door opens")
            door.set()


async def house():
    await all_three(wash)
    await all_three(sit)
    await all_three(leave)


asyncio.run(house())
