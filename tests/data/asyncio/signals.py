import asyncio
import os
import signal

from seconds import seconds


async def wait_for_signal():
    loop = asyncio.get_running_loop()
    got = asyncio.Event()
    print("waiting ...")
    loop.add_signal_handler(signal.SIGUSR1, got.set)
    loop.call_later(seconds(1), os.kill, os.getpid(), signal.SIGUSR1)
    await got.wait()
    print("that was SIGUSR1")


asyncio.run(wait_for_signal())
