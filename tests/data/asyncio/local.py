import asyncio
import os
import tempfile
from pathlib import Path


async def greet(reader, writer):
    writer.write(b"hello\n")
    await writer.drain()
    writer.close()


async def meet(path):
    server = await asyncio.start_unix_server(greet, path)
    reader, writer = await asyncio.open_unix_connection(path)
    line = await reader.readline()
    print(line.decode(), end="")
    writer.close()
    server.close()


async def open_pipe():
    loop = asyncio.get_running_loop()
    read_fd, write_fd = os.pipe()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), open(read_fd, "rb")
    )
    writer, _ = await loop.connect_write_pipe(
        asyncio.Protocol, open(write_fd, "wb")
    )
    return reader, writer


async def whisper():
    reader, writer = await open_pipe()
    writer.write(b"psst\n")
    writer.close()
    line = await reader.readline()
    print(line.decode(), end="")


async def keep(path):
    await asyncio.to_thread(Path(path).write_text, "as it was\n")
    print(await asyncio.to_thread(Path(path).read_text), end="")


async def stay():
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        await meet("socket")
        await whisper()
        await keep("file")
        os.chdir("/")


asyncio.run(stay())
