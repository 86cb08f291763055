import asyncio


async def echo(reader, writer):
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
    writer.close()


async def talk(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hello\nis there anybody?\ngood bye\n")
    writer.write_eof()
    while line := await reader.readline():
        print(line.decode(), end="")
    writer.close()


async def run():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    await talk(server.sockets[0].getsockname()[1])
    server.close()


asyncio.run(run())
