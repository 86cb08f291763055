import asyncio
import threading

from seconds import seconds


class Bell:
    def __init__(self):
        self.rung = asyncio.get_running_loop().create_future()

    def __await__(self):
        return self.rung.__await__()

    def ring(self, who):
        self.rung.set_result(who)

    def break_(self):
        self.rung.set_exception(RuntimeError("The bell is broken."))


async def open_door(bell):
    try:
        who = await bell
        print(f"It is {who}.")
    except RuntimeError as error:
        print(error)


async def stay_home():
    loop = asyncio.get_running_loop()
    bell = Bell()
    print("Waiting for the bell ...")
    loop.call_later(seconds(1), bell.ring, "a visitor")
    await open_door(bell)

    bell = Bell()
    print("Waiting for the bell again ...")
    deliver = (bell.ring, "the courier")
    threading.Thread(target=loop.call_soon_threadsafe, args=deliver).start()
    await open_door(bell)

    bell = Bell()
    bell.break_()
    await open_door(bell)


asyncio.run(stay_home())
