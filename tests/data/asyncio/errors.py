import asyncio

from seconds import seconds


async def divide_60_by(divisor):
    await asyncio.sleep(seconds(1))
    return 60 // divisor


def start():
    return [asyncio.create_task(divide_60_by(n)) for n in (4, 0, 5)]


async def first_error():
    try:
        await asyncio.gather(*start())
    except ZeroDivisionError:
        print("division by zero")


async def collected():
    quotients = await asyncio.gather(*start(), return_exceptions=True)
    for n in quotients:
        if isinstance(n, Exception):
            print("no result")
        else:
            print(n)


async def both():
    await first_error()
    await collected()


asyncio.run(both())
