"""A network cable between two processes that can be cut and mended."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

_CHUNK = 65_536


class Cable:
    """Passes on what comes at `address`; while it is cut it hangs up on everybody."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._whole = True
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        """Everything that is open breaks, and nothing new comes through."""
        with self._lock:
            self._whole = False
            for one in self._open:
                _hang_up(one)

    def mend(self) -> None:
        """What comes now is passed on again."""
        self._whole = True

    def close(self) -> None:
        """Hang up for good."""
        self.cut()
        _hang_up(self._listener)
        self._listener.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return  # closed
            if self._whole:
                self._connect(caller)
            else:
                caller.close()

    def _connect(self, caller: socket.socket) -> None:
        callee = socket.create_connection(self._target)
        with self._lock:
            self._open |= {caller, callee}
        for source, sink in ((caller, callee), (callee, caller)):
            threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(_CHUNK):
                sink.sendall(data)
        except OSError:
            pass  # one end hung up: so does the other, below
        _hang_up(sink)
        with self._lock:
            self._open.discard(source)
        source.close()


def _hang_up(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was closed already


@contextmanager
def cable(target: str) -> Iterator[Cable]:
    """A cable to `target` while the block runs."""
    made = Cable(target)
    try:
        yield made
    finally:
        made.close()
