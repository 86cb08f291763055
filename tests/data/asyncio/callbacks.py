import asyncio

from seconds import seconds


async def bake(name, n):
    await asyncio.sleep(seconds(n))
    return name


def on_done(task):
    print(f"The {task.result()} is done.")


async def kitchen():
    tasks = []
    for name, n in (("bread", 2), ("cake", 1)):
        task = asyncio.create_task(bake(name, n))
        task.add_done_callback(on_done)
        tasks.append(task)
    print("Both are in the oven.")
    await asyncio.wait(tasks)


asyncio.run(kitchen())
