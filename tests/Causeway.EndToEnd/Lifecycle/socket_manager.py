"""Does what systemd does for a .socket unit: holds the listener, hands it to one process after the other.

usage: socket_manager.py ADDRESS PORT NAME COMMAND...    then lines on standard input: start, stop
"""
import os
import signal
import socket
import struct
import sys

address, port, name, command = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
listener = socket.create_server((address, port), backlog=1024)
child = 0


def tell(*words):
    print(*words, flush=True)


def start():
    global child
    child = os.fork()
    if child == 0:
        if listener.fileno() != 3:
            os.dup2(listener.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES=name)
        os.execvp(command[0], command)
    tell("started", child)


def stop():
    os.kill(child, signal.SIGTERM)
    _, status = os.waitpid(child, 0)
    on, seconds = struct.unpack("ii", listener.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8))
    listening = listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    tell("ended", os.waitstatus_to_exitcode(status), f"linger={on}", f"listening={listening}")


tell("there")
for line in sys.stdin:
    {"start": start, "stop": stop}[line.strip()]()
if child:
    try:
        os.kill(child, signal.SIGKILL)
    except ProcessLookupError:
        pass
