"""A backend for tests: answers HTTP on PORT, and does what its switches say.

Every start appends a line to the file STARTS, so that a test can count them.
"""

import http.server
import os
import signal
import subprocess
import sys
import time

port = int(sys.argv[1])
switches = dict(word.split("=", 1) for word in sys.argv[2:])
if "starts" in switches:
    with open(switches["starts"], "a", encoding="ascii") as file:
        file.write(f"{os.getpid()}\n")
for word in switches.get("say", "").split(","):
    print(word, flush=True)
if "family" in switches:
    # One is known by its group alone, the other by its environment alone.
    near = subprocess.Popen(["/bin/sleep", "600"], env={})
    far = subprocess.Popen(["sleep", "600"], start_new_session=True)
    print("family", os.getpid(), near.pid, far.pid, flush=True)
if "exit" in switches:
    print("giving up", file=sys.stderr, flush=True)
    sys.exit(int(switches["exit"]))
if "ignore" in switches:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(float(switches.get("delay", "0")))
if "mute" in switches:
    time.sleep(3600)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/crash":
            os._exit(3)
        if self.path == "/leave":
            os._exit(0)
        if self.path == "/slow":
            time.sleep(1)
        unwell = self.path == "/health" and "unwell" in switches and not os.path.exists(switches["unwell"])
        body = b"unwell" if unwell else f"pid {os.getpid()}".encode()
        self.send_response(503 if unwell else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass


http.server.ThreadingHTTPServer.allow_reuse_address = True
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
