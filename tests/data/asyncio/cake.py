import asyncio

from seconds import seconds


async def bake_cake():
    print("The cake is in the oven ...")
    await asyncio.sleep(seconds(2))
    print("The cake is done.")
    return "sponge cake"


async def make_frosting():
    print("Stirring the frosting ...")
    await asyncio.sleep(seconds(1))
    print("The frosting is done.")
    return "lemon frosting"


async def party():
    cake, frosting = await asyncio.gather(bake_cake(), make_frosting())
    print(f"There is {cake} with {frosting}!")


asyncio.run(party())
