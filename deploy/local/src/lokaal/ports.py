"""Free TCP ports that stay ours until the component that gets them listens."""

import random
import socket

_RANGE = range(15_000, 32_000)
"""Below Linux' range for outgoing connections: a client that retries towards a killed server could otherwise be given
that very port as its source port, connect to itself and keep the server from coming back."""


class Ports:
    """Hands out ports on 127.0.0.1 and holds them, so that two stacks that start at once never pick the same one."""

    def __init__(self) -> None:
        self._held: list[socket.socket] = []

    def free(self) -> int:
        """Reserve a free port.

        Raises:
            OSError: no free port was found.
        """
        for port in random.sample(_RANGE, 200):
            held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                held.bind(("127.0.0.1", port))
            except OSError:
                held.close()
                continue
            # Set after bind: the bind itself must be exclusive, but a server that asks for SO_REUSEADDR (all of ours
            # do) may then bind beside this socket, because it does not listen.
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._held.append(held)
            return port
        raise OSError("no free TCP port between 15000 and 32000 on 127.0.0.1")

    def release(self) -> None:
        """Let go of all ports: call when everything that should listen does."""
        for held in self._held:
            held.close()
        self._held.clear()
