import asyncio

from seconds import seconds


async def work(n):
    await asyncio.sleep(seconds(n))
    print(f"done after {n}")


async def fail():
    await asyncio.sleep(seconds(1))
    raise RuntimeError


async def groups():
    async with asyncio.TaskGroup() as g:
        g.create_task(work(2))
        g.create_task(work(1))
    print("all done")

    try:
        async with asyncio.TaskGroup() as g:
            g.create_task(work(9))
            g.create_task(fail())
    except* RuntimeError:
        print("one failed, the other was cancelled")


asyncio.run(groups())
