import asyncio

from seconds import seconds


async def produce(queue):
    for parcel in "a book", "a lamp", "a kettle":
        await queue.put(parcel)
    await queue.put(None)


async def consume(queue):
    while (parcel := await queue.get()) is not None:
        await asyncio.sleep(seconds(1))
        print(f"unpacked {parcel}")
    print("no more parcels")


async def move():
    queue = asyncio.Queue(1)
    await asyncio.gather(produce(queue), consume(queue))


asyncio.run(move())
