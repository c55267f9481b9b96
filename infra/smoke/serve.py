"""Serves ministack on a free port of loopback and prints the port. Ends when stdin does. A line on stdin, `on` or `off`,
says whether it looks at what roles may do; each is answered with a line.

Its user pools name Amazon's address as the issuer of their tokens, where nobody could fetch their keys from; here
they name their own.
"""

import asyncio
import os
import socket
import sys
import threading


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
from ministack import app as ministack  # noqa: E402
from ministack.services import cognito  # noqa: E402

sign = cognito._signed_jwt
cognito._signed_jwt = lambda claims, pool, *more: sign({**claims, "iss": f"{url}/{pool}"}, pool, *more)



def obey():
    for line in sys.stdin:
        ministack.AUTH = line.strip() == "on"
        print(line.strip(), flush=True)
    os._exit(0)


threading.Thread(target=obey, daemon=True).start()

print(port, flush=True)
config = Config()
config.bind = [f"fd://{listener.detach()}"]
config.loglevel = "ERROR"
asyncio.run(serve(ministack.app, config))
