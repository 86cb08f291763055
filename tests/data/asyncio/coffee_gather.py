import asyncio
import time

from seconds import seconds, seconds_since


async def brew(name):
    print(f"Brewing coffee for {name} ...")
    await asyncio.sleep(seconds(5))
    print(f"{name} has coffee.")


async def breakfast():
    start = time.monotonic()
    await asyncio.gather(brew("Ada"), brew("Grace"), brew("Linus"))
    print(f"Three coffees in {seconds_since(start)} seconds.")


asyncio.run(breakfast())
