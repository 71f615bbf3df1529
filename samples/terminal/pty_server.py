"""A shell per WebSocket, in ttyd's subprotocol "tty". Python's standard library only.

Client to server: the first message is JSON {"columns", "rows"}; then "0" + keys, "1" + JSON of a new size, "2" pause, "3" go on.
Server to client: "0" + what the shell prints, "1" + a title. A session ends with its connection.
"""

import argparse
import asyncio
import base64
import fcntl
import hashlib
import json
import os
import pty
import signal
import struct
import termios

MAX_HEAD = 16_384
MAX_MESSAGE = 65_536
MAX_WAITING = 262_144
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Closed(Exception):
    """The connection is to end with this code."""

    def __init__(self, code=1000):
        super().__init__(code)
        self.code = code


def frame(opcode, payload=b""):
    """One whole frame; servers don't mask."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, size)
    elif size < 65_536:
        head = struct.pack("!BBH", 0x80 | opcode, 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 127, size)
    return head + payload


async def read_frame(reader):
    """(last of its message, opcode, payload) of the client's next frame."""
    first, second = await reader.readexactly(2)
    size = second & 0x7F
    if first & 0x70 or not second & 0x80 or (first & 0x08 and (size > 125 or not first & 0x80)):
        raise Closed(1002)
    if size == 126:
        (size,) = struct.unpack("!H", await reader.readexactly(2))
    elif size == 127:
        (size,) = struct.unpack("!Q", await reader.readexactly(8))
    if size > MAX_MESSAGE:
        raise Closed(1009)
    mask = await reader.readexactly(4)
    payload = await reader.readexactly(size)
    key = (mask * (size // 4 + 1))[:size]
    plain = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")
    return bool(first & 0x80), first & 0x0F, plain


async def read_message(reader, writer):
    """The client's next message, with pings answered on the way."""
    parts = None
    while True:
        last, opcode, payload = await read_frame(reader)
        if opcode == PING:
            writer.write(frame(PONG, payload))
        elif opcode == CLOSE:
            raise Closed(struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1000)
        elif opcode == PONG:
            pass
        elif opcode in (TEXT, BINARY, 0) and (parts is None) == (opcode != 0):
            parts = payload if parts is None else parts + payload
            if len(parts) > MAX_MESSAGE:
                raise Closed(1009)
            if last:
                return parts
        else:
            raise Closed(1002)


class Session:
    """A shell on a terminal of its own, and the connection that shows it."""

    def __init__(self, writer, shell, term):
        self.writer = writer
        self.loop = asyncio.get_running_loop()
        self.ended = self.loop.create_future()
        self.waiting = bytearray()
        self.paused = False
        self.reading = False
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = term
            os.execvp(shell, [shell])
        os.set_blocking(self.master, False)
        self.go_on()

    def resize(self, size):
        columns, rows = int(size["columns"]), int(size["rows"])
        if not (1 <= columns <= 1_000 and 1 <= rows <= 1_000):
            raise ValueError("size")
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys):
        """A program that doesn't read its terminal holds back whoever types, not this server's memory."""
        if len(self.waiting) + len(keys) > MAX_WAITING:
            raise Closed(1013)
        self.waiting += keys
        self.loop.add_writer(self.master, self.write_waiting)

    def write_waiting(self):
        try:
            del self.waiting[: os.write(self.master, self.waiting[:4096])]
        except BlockingIOError:
            return
        except OSError:
            self.waiting.clear()
        if not self.waiting:
            self.loop.remove_writer(self.master)

    def go_on(self):
        if not self.reading and not self.paused and not self.ended.done():
            self.reading = True
            self.loop.add_reader(self.master, self.show)

    def stand_still(self):
        if self.reading:
            self.reading = False
            self.loop.remove_reader(self.master)

    def show(self):
        try:
            output = os.read(self.master, 65_536)
        except BlockingIOError:
            return
        except OSError:
            output = b""
        if not output:
            self.stand_still()
            self.ended.set_result(None)
            return
        self.writer.write(frame(BINARY, b"0" + output))
        if self.writer.transport.get_write_buffer_size() > MAX_WAITING:
            self.stand_still()
            self.loop.create_task(self.resume_when_sent())

    async def resume_when_sent(self):
        try:
            await self.writer.drain()
        except ConnectionError:
            return
        self.go_on()

    async def close(self):
        self.stand_still()
        self.loop.remove_writer(self.master)
        os.close(self.master)
        for number in (signal.SIGHUP, signal.SIGKILL):
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:
                pass
            for _ in range(50):
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    return
                await asyncio.sleep(0.02)


async def talk(session, reader, writer):
    """Takes what the client sends, until it or the shell goes."""
    hello = json.loads(await read_message(reader, writer))
    if "columns" in hello:
        session.resize(hello)
    while True:
        message = await read_message(reader, writer)
        command, rest = message[:1], message[1:]
        if command == b"0":
            session.type(rest)
        elif command == b"1":
            session.resize(json.loads(rest))
        elif command == b"2":
            session.paused = True
            session.stand_still()
        elif command == b"3":
            session.paused = False
            session.go_on()
        else:
            raise Closed(1003)


async def serve_session(reader, writer, options):
    session = Session(writer, options.shell, options.term)
    talking = asyncio.ensure_future(talk(session, reader, writer))
    code = 1000
    try:
        await asyncio.wait([talking, session.ended], return_when=asyncio.FIRST_COMPLETED)
        if talking.done():
            talking.result()
    except Closed as closed:
        code = closed.code
    except (ValueError, KeyError, TypeError):
        code = 1003
    except (asyncio.IncompleteReadError, ConnectionError):
        code = None
    finally:
        talking.cancel()
        await session.close()
    if code is not None:
        writer.write(frame(CLOSE, struct.pack("!H", code)))


def answer(status, body=b"", kind=b"text/plain"):
    return b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, kind, len(body), body)


async def serve(reader, writer, options):
    try:
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode("latin-1").split("\r\n")
        path = head[0].split(" ")[1].split("?")[0]
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
        if path == "/token":
            writer.write(answer(b"200 OK", b'{"token":""}', b"application/json"))
        elif path != "/ws":
            writer.write(answer(b"404 Not Found", b"There is /ws only.\n"))
        elif fields.get("upgrade", "").lower() != "websocket" or "sec-websocket-key" not in fields:
            writer.write(answer(b"426 Upgrade Required"))
        elif "tty" not in [name.strip() for name in fields.get("sec-websocket-protocol", "").split(",")]:
            writer.write(answer(b"400 Bad Request", b"The subprotocol must be tty.\n"))
        else:
            accept = base64.b64encode(hashlib.sha1(fields["sec-websocket-key"].encode() + GUID).digest())
            writer.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + accept + b"\r\nSec-WebSocket-Protocol: tty\r\n\r\n"
            )
            print("session begins", flush=True)
            await serve_session(reader, writer, options)
            print("session ended", flush=True)
        await asyncio.wait_for(writer.drain(), 5)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.TimeoutError, ConnectionError, IndexError):
        pass
    finally:
        writer.close()


async def main():
    parser = argparse.ArgumentParser(description="A shell per WebSocket.")
    parser.add_argument("--port", type=int, default=7681)
    parser.add_argument("--shell", default=os.environ.get("SHELL") or "/bin/sh")
    parser.add_argument("--term", default="xterm-256color")
    options = parser.parse_args()
    server = await asyncio.start_server(lambda r, w: serve(r, w, options), "127.0.0.1", options.port, limit=MAX_HEAD)
    print(f"listening on 127.0.0.1:{options.port}", flush=True)
    sessions = asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, sessions.cancel)
    try:
        await server.serve_forever()
    except asyncio.CancelledError:
        pass


if __name__ == "__main__":
    asyncio.run(main())
