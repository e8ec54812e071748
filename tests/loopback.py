"""The server that every stand-in of a provider is: HTTP on loopback, in threads that end with it."""

import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Handler", "Loopback"]


class Handler(BaseHTTPRequestHandler):
    """Answers on connections that clients keep, and prints nothing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """Say nothing."""


class Loopback(ThreadingHTTPServer):
    """Serves with `handler` from its making until `stop`; `state` is what makes one stand-in unlike another,
    set on the handler's class under the name that it declares.
    """

    daemon_threads = False  # joined at the end, so that a test leaves no thread
    block_on_close = True
    request_queue_size = 128

    def __init__(self, name: str, handler: type[Handler], **state: object) -> None:
        super().__init__(("127.0.0.1", 0), type(handler.__name__, (handler,), state))
        self.url = f"http://127.0.0.1:{self.server_port}"
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, name=name, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End the connections that clients keep for later, and every thread."""
        self.shutdown()
        for each in tuple(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RD)
        self.server_close()
        self._thread.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note the connection, then answer it in a thread."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """The connection is done."""
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests."""
