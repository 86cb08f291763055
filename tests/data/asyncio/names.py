import asyncio
import socket


async def look_up(host):
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, 80, type=socket.SOCK_STREAM)
    for *_, (address, port) in found:
        print(f"{address}, port {port}")


asyncio.run(look_up("127.0.0.1"))
