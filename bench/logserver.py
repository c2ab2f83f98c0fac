"""CloudWatch Logs in front of a sandbox: a log that is written at a given number of lines a second.

FilterLogEvents is answered here, as AWS pages it; everything else is the sandbox's. Whoever follows that
log pays for HTTP and for parsing as he would with AWS.

``python -m bench.logserver --sandbox http://127.0.0.1:4566 --rate 10000`` prints the port.
"""

import argparse
import contextlib
import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.logs import event
from bench.world import plain_environment

PAGE = 10_000
PAGE_BYTES = 1_000_000
"""A page ends with either (CloudWatch Logs API reference, FilterLogEvents)."""
EVENT_BYTES = 26
"""Of each event beside its message (CloudWatch Logs API reference, PutLogEvents)."""
_HOP = {"connection", "transfer-encoding", "content-length", "host"}


class Log:
    """What is written, by number: line ``n`` so many seconds after the first."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._start_ms = int(time.time() * 1000)

    def page(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The events between two moments, oldest first; the token is the number of the next one."""
        written = self._number(int(time.time() * 1000))
        first = int(asked.get("nextToken") or self._number(asked.get("startTime", 0)))
        last = min(written, self._number(asked.get("endTime", 10**15) + 1))
        events: list[dict[str, Any]] = []
        size = 0
        while first < last and len(events) < min(PAGE, asked.get("limit", PAGE)) and size < PAGE_BYTES:
            events.append(event(first, self._start_ms + first * 1000 // self._rate))
            size += EVENT_BYTES + len(events[-1]["message"])
            first += 1
        more = {"nextToken": str(first)} if first < last else {}
        return {"events": events, "searchedLogStreams": [], **more}

    def _number(self, at_ms: int) -> int:
        """How many lines there were before a moment."""
        return max(0, -((self._start_ms - at_ms) * self._rate // 1000))


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    log: Log
    sandbox: str

    def do_POST(self) -> None:
        """Answer, or pass on."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("X-Amz-Target", "").endswith(".FilterLogEvents"):
            self._answer(200, [("Content-Type", "application/x-amz-json-1.1")], self._page(body))
            return
        address = urlsplit(self.sandbox)
        with contextlib.closing(http.client.HTTPConnection(address.netloc, timeout=30)) as connection:
            kept = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
            connection.request(self.command, self.path, body, kept)
            response = connection.getresponse()
            headers = [item for item in response.getheaders() if item[0].lower() not in _HOP]
            self._answer(response.status, headers, response.read())

    def do_GET(self) -> None:
        """Likewise."""
        self.do_POST()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _page(self, body: bytes) -> bytes:
        return json.dumps(self.log.page(json.loads(body))).encode()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def flooded(home: str, sandbox: dict[str, Any], rate: int) -> Iterator[tuple[str, str]]:
    """The sandbox with that log: its endpoint, and a configuration that names it."""
    command = [sys.executable, "-m", "bench.logserver", "--sandbox", sandbox["endpoint"], "--rate", str(rate)]
    with subprocess.Popen(command, env=plain_environment(home), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            endpoint = f"http://127.0.0.1:{int(process.stdout.readline())}"
            own = Path(sandbox["config"])
            config = own.with_name(f"flooded-{rate}.toml")
            config.write_text(own.read_text().replace(sandbox["endpoint"], endpoint))
            yield endpoint, str(config)
        finally:
            process.terminate()


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sandbox", required=True)
    parser.add_argument("--rate", type=int, required=True)
    arguments = parser.parse_args()
    Handler.log, Handler.sandbox = Log(arguments.rate), arguments.sandbox
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
