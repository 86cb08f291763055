import asyncio

from seconds import seconds


async def too_slow():
    try:
        async with asyncio.timeout(seconds(1)):
            await asyncio.sleep(seconds(9))
    except TimeoutError:
        print("too slow")


async def too_late():
    now = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout_at(now + seconds(1)):
            async with asyncio.timeout(seconds(9)):
                await asyncio.sleep(seconds(9))
    except TimeoutError:
        print("too late")


async def not_yet():
    task = asyncio.create_task(asyncio.sleep(seconds(2)))
    try:
        await asyncio.wait_for(asyncio.shield(task), seconds(1))
    except TimeoutError:
        print("not yet")
    await task
    print("now")


async def sleeper():
    try:
        await asyncio.sleep(seconds(9))
    except asyncio.CancelledError:
        print("woken up")
        raise


async def cancel():
    task = asyncio.create_task(sleeper())
    await asyncio.sleep(seconds(1))
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled")


async def save():
    await asyncio.sleep(seconds(2))
    print("saved")


async def saver():
    saving = asyncio.create_task(save())
    try:
        await asyncio.shield(saving)
    except asyncio.CancelledError:
        await saving
        raise


async def shield():
    task = asyncio.create_task(saver())
    await asyncio.sleep(seconds(1))
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled when all was saved")


async def all_of_them():
    await too_slow()
    await too_late()
    await not_yet()
    await cancel()
    await shield()


asyncio.run(all_of_them())
