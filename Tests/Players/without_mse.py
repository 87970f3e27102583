"""Passes on what a host serves, to browsers that then have no MSE, as iPhones before ManagedMediaSource.

    without_mse.py HOST:PORT

A script that takes MSE away comes before all others of a page. WebKit has settings for that, but not where it is driven. Says
"listening at HOST:PORT".
"""

import http.client
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SCRIPT = "/assets/without-mse.js"
TAKING = b"for (const name of ['MediaSource', 'ManagedMediaSource']) delete globalThis[name];\n"
SKIPPED = {"connection", "content-length", "transfer-encoding", "keep-alive"}


class Passing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == SCRIPT:
            return self.answer(200, [("Content-Type", "text/javascript")], TAKING)
        connection = http.client.HTTPConnection(sys.argv[1], timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in SKIPPED}
        try:
            connection.request("GET", self.path, headers=headers | {"Accept-Encoding": "identity"})
            response = connection.getresponse()
            kept = [(name, value) for name, value in response.getheaders() if name.lower() not in SKIPPED]
            if response.getheader("Content-Type", "").startswith("text/html"):
                page = response.read().replace(b"<head>", f'<head><script src="{SCRIPT}"></script>'.encode(), 1)
                return self.answer(response.status, kept, page)
            self.head(response.status, kept)
            while piece := response.read1(65536):
                self.wfile.write(piece)
        except OSError:
            pass
        finally:
            connection.close()

    def head(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.head(status, headers)
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
print(f"listening at 127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()
