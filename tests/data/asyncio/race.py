import asyncio

from seconds import seconds


async def run_for(n):
    await asyncio.sleep(seconds(n))
    return n


def start():
    return [asyncio.create_task(run_for(n)) for n in (3, 1, 2)]


async def as_completed():
    for runner in asyncio.as_completed(start()):
        n = await runner
        print(f"arrived after {n}")


async def wait_for_first():
    runners = start()
    done, others = await asyncio.wait(
        runners, return_when=asyncio.FIRST_COMPLETED
    )
    print(f"runner {runners.index(done.pop())} wins")
    for runner in others:
        runner.cancel()


async def races():
    await as_completed()
    await wait_for_first()


asyncio.run(races())
