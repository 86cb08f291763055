import asyncio
import time

from seconds import seconds, seconds_since


async def brew_blocking(name):
    print(f"Brewing coffee for {name} ...")
    time.sleep(seconds(5))
    print(f"{name} has coffee.")


async def breakfast():
    start = time.monotonic()
    await asyncio.gather(
        brew_blocking("Ada"), brew_blocking("Grace"), brew_blocking("Linus")
    )
    print(f"Three coffees in {seconds_since(start)} seconds.")


asyncio.run(breakfast())
