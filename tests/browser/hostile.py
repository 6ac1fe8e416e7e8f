"""A server on a free port, whose every answer tries to be part of a page.

It says where it is on stdout, as odcasim's servers do.
"""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer

MARKUP = (
    "</pre></details></main><script>document.title = 'run'</script>"
    '<img src=x onerror="alert(1)"> \'"&lt;&#x3c;b&#62; <!-- ]]> </style>'
)
LONG = "x" * 700


class Hostile(BaseHTTPRequestHandler):
    """404 to all, with markup in status, headers and body."""

    def do_GET(self):
        """What a GET gets; a POST would be no other."""
        body = f"{MARKUP} {LONG}\n".encode()
        self.send_response(404, MARKUP)
        self.send_header("Content-Type", f"text/html; charset={MARKUP}")
        self.send_header("X-Long", LONG)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        """Nothing needs to be said of it."""


def main():
    """Serve until the end."""
    server = HTTPServer(("127.0.0.1", 0), Hostile)
    print(json.dumps({"listen": f"127.0.0.1:{server.server_port}"}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
