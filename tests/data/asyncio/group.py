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


async def read_from_who_fails():
    queue = asyncio.Queue(1)
    try:
        async with asyncio.TaskGroup() as g:
            g.create_task(fail())
            try:
                await queue.get()
            except asyncio.CancelledError:
                print("the reader waits no more")
                raise
    except* RuntimeError:
        print("for the writer has failed")


asyncio.run(groups())
asyncio.run(read_from_who_fails())
