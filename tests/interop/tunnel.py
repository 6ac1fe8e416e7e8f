"""An HTTP proxy that has one place for all names: tunnel.py HOST:PORT.

Prints a ready line, and says on stderr what each CONNECT asks for.
"""

import socket
import sys
import threading


def pump(source, to):
    try:
        while data := source.recv(65536):
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client, target):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)
    print(head.split(b"\r\n")[0].decode(), file=sys.stderr)
    server = socket.create_connection(target)
    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    threading.Thread(target=pump, args=(server, client), daemon=True).start()
    pump(client, server)


host, port = sys.argv[1].rsplit(":", 1)
listener = socket.create_server(("127.0.0.1", 0))
print('{"ready":true,"listen":"127.0.0.1:%d"}' % listener.getsockname()[1], flush=True)
while True:
    threading.Thread(
        target=serve, args=(listener.accept()[0], (host, int(port))), daemon=True
    ).start()
