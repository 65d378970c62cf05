"""Request bodies, piece by piece, out of whatever compression they came in.

lz4 and zstd bodies are many frames one after the other: who stops at the first loses rows without an error.
"""

import zlib
from collections.abc import Callable, Iterator
from typing import Final, Protocol

import lz4.frame
import zstandard

from consumers.clickhouse.warehouse.errors import Refused

PIECE_BYTES: Final = 1024 * 1024
_CANNOT_DECOMPRESS: Final = 271


class _Frame(Protocol):
    """One frame being read: `eof` once its end was seen, `unused_data` what lies behind it."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def _gzip() -> _Frame:
    return zlib.decompressobj(wbits=47)


def _deflate() -> _Frame:
    return zlib.decompressobj()


def _zstd() -> _Frame:
    return zstandard.ZstdDecompressor().decompressobj()


def _lz4() -> _Frame:
    return lz4.frame.LZ4FrameDecompressor()  # type: ignore[no-any-return]


_FRAMES: Final[dict[str, Callable[[], _Frame]]] = {"gzip": _gzip, "deflate": _deflate, "zstd": _zstd, "lz4": _lz4}


def pieces(body: bytes, encoding: str) -> Iterator[bytes]:
    """The body's bytes as they were before compression, in pieces, never empty.

    Raises:
        Refused: the compression is unknown, or the body is not what it says or ends too early.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        yield from _cut(body)
        return
    if name not in _FRAMES:
        raise Refused(432, f"Unknown compression method: {name[:40]}; known are {', '.join(sorted(_FRAMES))}")
    try:
        yield from _frames(body, _FRAMES[name])
    except (zlib.error, zstandard.ZstdError, RuntimeError, EOFError) as error:
        raise Refused(_CANNOT_DECOMPRESS, f"Cannot decompress the body as {name}: {error}") from error


def _frames(body: bytes, make: Callable[[], _Frame]) -> Iterator[bytes]:
    frame = make()
    for piece in _cut(body):
        rest = piece
        while rest:
            if frame.eof:
                frame = make()
            out = frame.decompress(rest)
            rest = (frame.unused_data or b"") if frame.eof else b""
            if out:
                yield out
    if body and not frame.eof:
        raise EOFError("it ends in the middle of a frame")


def _cut(body: bytes) -> Iterator[bytes]:
    for at in range(0, len(body), PIECE_BYTES):
        yield body[at : at + PIECE_BYTES]
