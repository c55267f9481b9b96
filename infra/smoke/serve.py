"""Serves ministack on a free port of loopback and prints the port. Ends when stdin does.

Its user pools name Amazon's address as the issuer of their tokens, where nobody could fetch their keys from; here
they name their own.
"""

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
url = f"http://127.0.0.1:{port}"
os.environ["GATEWAY_PORT"] = str(port)
os.environ["LOG_LEVEL"] = os.environ.get("SMOKE_LOG", "ERROR")
os.environ["IOT_MTLS_ENABLED"] = "0"
os.environ["DOCKER_HOST"] = "unix:///nonexistent"
# Functions inherit it.
os.environ["AWS_ENDPOINT_URL"] = url

# ministack reads the environment when it is imported.
from hypercorn.asyncio import serve  # noqa: E402
from hypercorn.config import Config  # noqa: E402
from ministack.app import app  # noqa: E402
from ministack.services import cognito  # noqa: E402

sign = cognito._signed_jwt
cognito._signed_jwt = lambda claims, pool, *more: sign({**claims, "iss": f"{url}/{pool}"}, pool, *more)

print(port, flush=True)
config = Config()
config.bind = [f"fd://{listener.detach()}"]
config.loglevel = "ERROR"
asyncio.run(serve(app, config))
