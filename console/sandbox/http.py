"""A small HTTP/1.1 server on loopback: keep-alive, one request at a time a connection.

Everything runs on one asyncio loop, so that the world behind it needs no locks. A ``Host`` that is
not loopback is refused, so that no web page can reach the sandbox under a name of its own.
"""

import asyncio
import ipaddress
import json
import logging
import secrets
import socket
import struct
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from console.errors import SandboxError
from console.sandbox.application import PREFIX as APPLICATIONS
from console.sandbox.application import Applications
from console.sandbox.control import PREFIX, Control
from console.sandbox.gateway import Broken, Gateway
from console.sandbox.outsiders.front import Outsiders
from console.sandbox.outsiders.settings import PREFIX as OUTSIDERS
from console.sandbox.wire.event_stream import Streamed
from console.sandbox.wire.message import Request, Response
from console.sandbox.wire.receive import HEAD_LIMIT, BadRequestError, receive

if TYPE_CHECKING:
    from console.sandbox.kernel import World

HOST = "127.0.0.1"
PUMP_S = 0.1
"""How often the world moves on while nobody asks."""
STREAM_S = 1.0
"""How often an event stream has something to say."""
SILENCE_S = 120.0
"""How long a ``timeout`` fault keeps a connection open at most."""
_LOG = logging.getLogger(__name__)


class Server:
    """Serves one world. All its methods run on the loop that called :meth:`open`."""

    def __init__(self, world: "World", port: int = 0, token: str = "") -> None:
        self.world = world
        self.gateway = Gateway(world)
        self.token = token or secrets.token_urlsafe(24)
        self.requests = 0
        """Requests so far, control requests included."""
        self._port = port
        self._control = Control(self.gateway, self.token)
        self._applications = Applications(world)
        self.outsiders = Outsiders(world)
        self._listener: asyncio.Server | None = None
        self._pump: asyncio.Task[None] | None = None
        self._connections: dict[int, asyncio.Task[None]] = {}

    @property
    def endpoint(self) -> str:
        """The URL of the sandbox; known when it is open."""
        return f"http://{HOST}:{self._port}"

    async def open(self) -> None:
        """Begin to listen and to let time pass.

        Raises:
            SandboxError: when the port cannot be had.
        """
        try:
            self._listener = await asyncio.start_server(
                self._connected, HOST, self._port, limit=HEAD_LIMIT, backlog=256
            )
        except (OSError, OverflowError) as error:
            raise SandboxError(f"port {self._port} on {HOST} cannot be used: {_why(error)}") from error
        self._port = self._listener.sockets[0].getsockname()[1]
        self.world.endpoint = self.endpoint
        self._pump = asyncio.create_task(self._let_time_pass())

    async def close(self) -> None:
        """Stop listening and drop every connection."""
        if self._listener is not None:
            self._listener.close()
        tasks = [*self._connections.values(), *([self._pump] if self._pump else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _let_time_pass(self) -> None:
        while True:
            try:
                self.world.advance()
            except Exception:
                _LOG.exception("the world does not turn")
            await asyncio.sleep(PUMP_S)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[id(task)] = task
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the caller has gone, or the server is closing: nobody is left to tell
        finally:
            del self._connections[id(task)]
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request; whether the connection goes on."""
        try:
            request, keep = await receive(reader, writer)
        except BadRequestError as error:
            await _send(writer, _error(error.status, str(error)), keep=False)
            return False
        self.requests += 1
        before, after = self._delay(request)
        if before:
            await asyncio.sleep(before)
        answer = self._answer(request)
        if after:
            await asyncio.sleep(after)
        if isinstance(answer, Response):
            if answer.delay_s:
                await asyncio.sleep(answer.delay_s)
            if isinstance(answer, Streamed):
                await self._stream(writer, answer)
                return False
            await _send(writer, answer, keep)
            return keep
        if answer is Broken.SILENT:
            await _stay_silent(reader)
        _reset(writer)
        return False

    def _delay(self, request: Request) -> tuple[float, float]:
        """How long a fault holds a request up; only one to AWS."""
        is_ours = request.path.startswith((PREFIX, APPLICATIONS, OUTSIDERS))
        return (0.0, 0.0) if is_ours else self.gateway.delay(request)

    async def _stream(self, writer: asyncio.StreamWriter, answer: Streamed) -> None:
        """Send frames in chunks, every second, until the stream ends or the caller has gone."""
        lines = [f"{name}: {value}" for name, value in answer.headers.items()]
        lines += ["Transfer-Encoding: chunked", "Connection: close"]
        writer.write("\r\n".join(["HTTP/1.1 200 OK", *lines]).encode("latin-1") + b"\r\n\r\n")
        frames: bytes | None = answer.body
        try:
            while frames is not None:
                if frames:
                    writer.write(f"{len(frames):x}\r\n".encode() + frames + b"\r\n")
                await writer.drain()
                if frames is not answer.body:
                    await asyncio.sleep(STREAM_S)
                self.world.advance()
                frames = answer.more()
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        finally:
            answer.close()

    def _answer(self, request: Request) -> Response | Broken:
        if not _is_loopback(request.headers.get("host", "")):
            return _error(403, "the sandbox only answers to loopback hosts")
        try:
            self.world.advance()
        except Exception as error:
            _LOG.exception("the world does not turn")
            return _error(500, f"the world does not turn: {error!r}")
        if request.path.startswith(PREFIX):
            return self._control.answer(request)
        if request.path.startswith(APPLICATIONS):
            return self._applications.answer(request)
        if request.path.startswith(OUTSIDERS):
            return self.outsiders.answer(request)
        return self.gateway.answer(request)


class ThreadedServer:
    """A server on a daemon thread of its own, for tests and for use inside another process."""

    def __init__(self, world: "World", port: int = 0) -> None:
        self.server = Server(world, port)
        self._ready = threading.Event()
        self._failures: list[Exception] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failures:
            self._thread.join()
            raise self._failures[0]

    @property
    def endpoint(self) -> str:
        """The URL of the sandbox."""
        return self.server.endpoint

    @property
    def token(self) -> str:
        """The bearer token of the control interface."""
        return self.server.token

    def call(self, action: Callable[[], None]) -> None:
        """Do something to the world between two requests, and wait until it is done."""
        done = threading.Event()

        def act() -> None:
            try:
                action()
            finally:
                done.set()

        assert self._loop is not None
        self._loop.call_soon_threadsafe(act)
        done.wait()

    def stop(self) -> None:
        """End the server and its thread; more than once is once."""
        if self._loop is not None and self._stopping is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:
            self._failures.append(error)
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        await self.server.open()
        self._ready.set()
        await self._stopping.wait()
        await self.server.close()


def start_thread(world: "World", port: int = 0) -> ThreadedServer:
    """Serve a world on a daemon thread; returns when it listens.

    Raises:
        SandboxError: when the port cannot be had.
    """
    return ThreadedServer(world, port)


async def _send(writer: asyncio.StreamWriter, response: Response, keep: bool) -> None:
    reason = HTTPStatus(response.status).phrase
    lines = [f"HTTP/1.1 {response.status} {reason}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    lines += [f"Content-Length: {len(response.body)}", f"Connection: {'keep-alive' if keep else 'close'}"]
    writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + response.body)
    await writer.drain()


def _error(status: int, message: str) -> Response:
    body = json.dumps({"__type": HTTPStatus(status).name, "message": message}).encode()
    return Response(status, {"Content-Type": "application/json"}, body)


async def _stay_silent(reader: asyncio.StreamReader) -> None:
    """Wait until the caller gives up, within reason."""
    try:
        await asyncio.wait_for(reader.read(1), SILENCE_S)
    except TimeoutError:
        return


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection the hard way: the caller sees a reset, not an end."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


def _is_loopback(host: str) -> bool:
    """Whether a ``Host`` header, with or without a port, names this machine's loopback."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _why(error: BaseException) -> str:
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
