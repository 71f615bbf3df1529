"""A client of the Python package websockets, driven by lines on standard input; what happens is told line by line.

usage: websockets_client.py URL [deflate]      input: a message to send, or !ping, !close CODE, !terminate
"""
import asyncio
import sys

import websockets


def tell(*words):
    print(*words, flush=True)


async def obey(socket):
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode().rstrip("\n"):
        if line == "!ping":
            await (await socket.ping("are you there"))
            tell("pong", "are you there")
        elif line.startswith("!close"):
            await socket.close(int((line.split(" ") + ["1000"])[1]))
        elif line == "!terminate":
            socket.transport.abort()
        else:
            await socket.send(line)


async def main(url, compression=None):
    try:
        socket = await websockets.connect(url, subprotocols=["causeway.v1"], compression=compression, ping_interval=None)
    except websockets.exceptions.InvalidStatusCode as refused:
        tell("refused", refused.status_code)
        return
    extensions = ",".join(extension.name for extension in socket.extensions)
    tell("open", socket.subprotocol or "-", extensions or "-")
    commands = asyncio.create_task(obey(socket))
    try:
        async for message in socket:
            tell("message" if isinstance(message, str) else "binary", message)
    except websockets.exceptions.ConnectionClosedError:
        pass
    tell("close", socket.close_code, socket.close_reason)
    commands.cancel()


asyncio.run(main(*sys.argv[1:]))
