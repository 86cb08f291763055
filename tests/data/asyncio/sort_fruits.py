import asyncio
from asyncio.subprocess import PIPE


async def sort():
    process = await asyncio.create_subprocess_exec(
        "sort", stdin=PIPE, stdout=PIPE
    )
    out, _ = await process.communicate(b"pear\napple\nfig\n")
    print(out.decode(), end="")
    print(f"exit code {process.returncode}")


asyncio.run(sort())
