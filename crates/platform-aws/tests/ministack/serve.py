"""Serves ministack on a free port of loopback and prints the port. Ends when stdin does."""

import asyncio
import os
import socket
import threading


def end_with_stdin():
    os.read(0, 1)
    os._exit(0)


threading.Thread(target=end_with_stdin, daemon=True).start()

listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
os.environ["GATEWAY_PORT"] = str(port)
os.environ["LOG_LEVEL"] = "ERROR"
# It would listen on a fixed port as well.
os.environ["IOT_MTLS_ENABLED"] = "0"
# Where there is a Docker it would look for containers that it thinks its own, and remove them.
os.environ["DOCKER_HOST"] = "unix:///nonexistent"

# ministack reads the environment when it is imported.
from hypercorn.asyncio import serve  # noqa: E402
from hypercorn.config import Config  # noqa: E402
from ministack.app import app  # noqa: E402

print(port, flush=True)
config = Config()
config.bind = [f"fd://{listener.detach()}"]
config.loglevel = "ERROR"
asyncio.run(serve(app, config))
