import asyncio
import time

from seconds import seconds, seconds_since


async def fetch(page, wait):
    await asyncio.sleep(wait)
    return f"the {page} page"


async def browse():
    start = time.monotonic()
    jobs = (fetch("news", seconds(2)), fetch("weather", seconds(3)))
    for text in await asyncio.gather(*jobs):
        print(f"Here is {text}.")
    print(f"It took {seconds_since(start)} seconds.")


asyncio.run(browse())
