import asyncio


async def running_average():
    total, n, average = 0, 0, 0
    while True:
        number = yield average
        total += number
        n += 1
        average = total / n


async def measure():
    averages = running_average()
    await anext(averages)
    for number in 10, 20, 60:
        average = await averages.asend(number)
        print(f"{number} makes the average {average:g}")
    await averages.aclose()


asyncio.run(measure())
