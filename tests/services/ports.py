"""Free ports of loopback."""

import random
import socket

# Below the range from which the kernel takes ports for outgoing connections: one of those could take a server's port
# while it is being restarted.
PRIVATE = range(15000, 32000)


def free_port(ports: range) -> int:
    while True:
        port = random.choice(ports)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
