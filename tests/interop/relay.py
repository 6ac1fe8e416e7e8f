"""Stands between an HTTP client and a server, and keeps what goes through.

    relay.py HOST:PORT COOKIE

What the client sends is appended to the file "sent", what it gets to "received".
Each answer has a cookie more than the server's.  Prints a ready line.
"""

import re
import socket
import sys
import threading


def pump(client, server):
    """Requests, as they come."""
    while data := client.recv(65536):
        with open("sent", "ab") as f:
            f.write(data)
        server.sendall(data)
    server.shutdown(socket.SHUT_WR)


def answers(server, cookie):
    """Each answer, whole, until there is no more."""
    stream = server.makefile("rb")
    while line := stream.readline():
        head = line + b"Set-Cookie: " + cookie + b"\r\n"
        while line != b"\r\n":
            line = stream.readline()
            head += line
        length = re.search(rb"(?i)\r\nContent-Length: (\d+)\r\n", head)
        yield head + stream.read(int(length[1]))


def serve(client, target, cookie):
    server = socket.create_connection(target)
    threading.Thread(target=pump, args=(client, server), daemon=True).start()
    for answer in answers(server, cookie):
        with open("received", "ab") as f:
            f.write(answer)
        client.sendall(answer)
    client.close()


host, port = sys.argv[1].rsplit(":", 1)
listener = socket.create_server(("127.0.0.1", 0))
print('{"ready":true,"listen":"127.0.0.1:%d"}' % listener.getsockname()[1], flush=True)
while True:
    serve(listener.accept()[0], (host, int(port)), sys.argv[2].encode())
