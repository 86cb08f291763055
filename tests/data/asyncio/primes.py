import asyncio
from concurrent.futures import ProcessPoolExecutor


def is_prime(n):
    return all(n % i != 0 for i in range(2, int(n**0.5) + 1))


def count_primes(below):
    return sum(is_prime(n) for n in range(2, below))


async def count():
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor() as pool:
        n = await loop.run_in_executor(pool, count_primes, 10000)
    print(f"{n} primes")


if __name__ == "__main__":
    asyncio.run(count())
