"""The embedded engine: one per process and directory, a handle per request.

A handle shared by threads mixes the parameters of their queries, so each request opens its own (1 ms) on the running
engine, which a keeper handle keeps up. The process must not fork once it is open: a forked child hangs.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import chdb
from chdb import ChdbError

from consumers.clickhouse.errors import DirectoryUnusable
from consumers.clickhouse.warehouse.errors import ServerError, from_engine
from consumers.clickhouse.warehouse.statement import Statement

_FAILURES: Final = (RuntimeError, ChdbError)


class Engine:
    """Open from construction to `close`. Safe to use from many threads."""

    def __init__(self, data_dir: Path, max_memory_bytes: int) -> None:
        self._path = str(data_dir.resolve())
        config = data_dir / "engine.xml"
        try:
            # Metadata of the stand-in made below: the engine makes its own anew at every start.
            (data_dir / "metadata" / "default.sql").unlink(missing_ok=True)
            _write_once(config, _config(max_memory_bytes))
            self._keeper = chdb.connect(f"{self._path}?config-file={config.resolve()}")
            self._replace_default(data_dir)
        except (OSError, *_FAILURES) as error:
            raise DirectoryUnusable(data_dir, str(error)) from error
        self.setting_names: Final = frozenset(self._column("SELECT name FROM system.settings"))
        self.version: Final = self._column("SELECT version()")[0]
        self.timezone: Final = self._column("SELECT timezone()")[0]

    @contextmanager
    def handle(self, database: str, settings: Sequence[tuple[str, str]] = ()) -> Iterator["Handle"]:
        """A handle of the caller's own, in `database`, with `settings` set in their order.

        Raises:
            ServerError: the database is unknown or a setting has no such value.
        """
        handle = self.open(database, settings)
        try:
            yield handle
        finally:
            handle.close()

    def open(self, database: str, settings: Sequence[tuple[str, str]] = ()) -> "Handle":
        """Like `handle`, for a caller who closes it later."""
        handle = Handle(self._path)
        try:
            if database:
                handle.run(f"USE {_quoted(database, '`')}")
            for name, value in settings:
                handle.run(f"SET {name} = {_quoted(value, chr(39))}")
        except BaseException:
            handle.close()
            raise
        return handle

    def kill_all(self) -> None:
        """Ask every running query to end, without waiting for it."""
        self._keeper.query("KILL QUERY WHERE query NOT LIKE 'KILL%' ASYNC FORMAT Null")

    def close(self) -> None:
        """Close the engine; handles must be closed before."""
        self._keeper.close()

    def _column(self, sql: str) -> list[str]:
        answer: bytes = self._keeper.query(sql, "TabSeparated").bytes()
        return answer.decode().split("\n")[:-1]

    def _replace_default(self, data_dir: Path) -> None:
        """The engine's own `default` reads any file of the machine that is named like a table, even for readers."""
        self._keeper.query("DETACH DATABASE default")
        (data_dir / "metadata" / "default.sql").unlink(missing_ok=True)
        self._keeper.query("CREATE DATABASE default ENGINE = Memory")


class Handle:
    """One session of the engine. Used by one thread at a time."""

    def __init__(self, path: str) -> None:
        try:
            self._connection = chdb.connect(path)
        except _FAILURES as error:
            raise from_engine(error) from None

    def run(self, sql: str | bytes, output: str = "TabSeparated", params: Mapping[str, str] | None = None) -> Any:
        """Run a statement; the result has `bytes()`, `rows_read()`, `storage_rows_read()` and the like.

        Raises:
            ServerError: the engine refused it or failed.
        """
        try:
            return self._connection.query(_text(sql), output, params=dict(params or {}))
        except _FAILURES as error:
            raise from_engine(error) from None

    def stream(self, sql: bytes, output: str, params: Mapping[str, str]) -> Iterator[bytes]:
        """The answer in pieces, each made when it is asked for. Close the iterator to end the query early.

        Raises:
            ServerError: at the first piece or at any later one.
        """
        try:
            with self._connection.send_query(_text(sql), output, params=dict(params)) as result:
                for piece in result:
                    yield piece.bytes()
        except _FAILURES as error:
            raise from_engine(error) from None

    def insert(self, statement: Statement, data: Iterator[bytes]) -> tuple[int, int]:
        """Feed `data` to an insert; rows and bytes written, those of dependent views included, once all of it is.

        The data go in as a file in memory. The engine's own way of streaming an insert (`send_insert`) must not be
        used: it reports success when the last block could not be written, so that a full disk loses rows in silence.

        Raises:
            ServerError: nothing, or only whole blocks, were written: insert the same again.
        """
        with _in_memory(data) as path:
            source = f" FROM INFILE {_quoted(path, chr(39))} COMPRESSION 'none' "
            sql = f"{_text(statement.text)}{source}{_text(statement.clauses)} FORMAT {statement.data_format}"
            result = self.run(sql)
            return result.rows_written(), result.bytes_written()

    def close(self) -> None:
        """Give the handle back."""
        self._connection.close()


@contextmanager
def _in_memory(data: Iterator[bytes]) -> Iterator[str]:
    """A path under which the engine, in this process, reads `data`."""
    if not hasattr(os, "memfd_create"):  # Linux has it; elsewhere the data go through the disk
        with tempfile.NamedTemporaryFile() as file:
            file.writelines(data)
            file.flush()
            yield file.name
        return
    with os.fdopen(os.memfd_create("insert"), "wb") as file:
        file.writelines(data)
        file.flush()
        yield f"/proc/self/fd/{file.fileno()}"


def _text(sql: str | bytes) -> str:
    if isinstance(sql, str):
        return sql
    try:
        return sql.decode()
    except UnicodeDecodeError as error:
        raise ServerError(62, f"Code: 62. DB::Exception: The query is not UTF-8: {error}. (SYNTAX_ERROR)") from None


def _quoted(text: str, quote: str) -> str:
    return quote + text.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote


def _write_once(path: Path, text: str) -> None:
    """A disk that is full must not keep the warehouse from opening: what is there already is not written again."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def _config(max_memory_bytes: int) -> str:
    values = {"max_server_memory_usage": max_memory_bytes, "mark_cache_size": 256 * 1024 * 1024}
    lines = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in values.items())
    return f"<clickhouse>{lines}</clickhouse>"
