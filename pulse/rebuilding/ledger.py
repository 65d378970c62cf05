"""What is known of rebuilds in ClickHouse: which there are, and which of their chunks are done."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Final

import orjson

from consumers.runtime.clickhouse import Client, rows
from pulse.rebuilding.chunks import Chunk
from streams.core.policy import Policy

_COLUMNS: Final = ("rebuild_id", "policy", "policy_digest", "accounts", "as_of", "begun_at", "finished_at", "chunks")
_OPEN: Final = """
    SELECT as_of FROM rebuilds FINAL WHERE finished_at IS NULL AND policy_digest = {digest:String}
    AND accounts = {accounts:Array(String)} ORDER BY begun_at DESC LIMIT 1"""
_KNOWN: Final = "SELECT begun_at, finished_at, chunks FROM rebuilds FINAL WHERE rebuild_id = {id:String}"
_PLAN: Final = """
    SELECT chunk, after_account, last_account, done, facts FROM rebuild_chunks FINAL
    WHERE rebuild_id = {id:String} ORDER BY chunk"""
_FORGET: Final = (
    "DELETE FROM rebuild_chunks WHERE rebuild_id = {id:String}",
    "DELETE FROM rebuilt_health WHERE rebuild_id = {id:String}",
)
_CHUNK: Final = ("rebuild_id", "chunk", "after_account", "last_account", "done", "facts", "scored")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be rebuilt: all accounts where `accounts` is empty. Its id follows from the rest."""

    policy: Policy
    accounts: tuple[str, ...]
    as_of: datetime

    @property
    def digest(self) -> str:
        """Of the whole policy document."""
        return blake2b(orjson.dumps(self.policy.model_dump(mode="json")), digest_size=16).hexdigest()

    @property
    def rebuild_id(self) -> str:
        """The same for the same policy, accounts and moment."""
        told = orjson.dumps([self.digest, self.accounts, self.as_of])
        return blake2b(told, digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class Known:
    """A rebuild with its plan; `left` are the chunks that are not done."""

    asked: Asked
    begun_at: datetime
    chunks: int
    left: tuple[Chunk, ...]


class Ledger:
    """Reads and writes the tables `rebuilds` and `rebuild_chunks`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def unfinished(self, asked: Asked) -> datetime | None:
        """The moment of the last rebuild of this policy and these accounts that was cut off, None for none."""
        found = rows(self._client, _OPEN, {"digest": asked.digest, "accounts": list(asked.accounts)})
        return found[0]["as_of"] if found else None

    def known(self, asked: Asked) -> Known | None:
        """The rebuild, None when it was never begun, or was cut off before its plan was whole."""
        found = rows(self._client, _KNOWN, {"id": asked.rebuild_id})
        plan = rows(self._client, _PLAN, {"id": asked.rebuild_id})
        if not found or found[0]["chunks"] != len(plan):
            return None
        chunks = [
            Chunk(row["chunk"], row["after_account"], row["last_account"], row["facts"], asked.accounts)
            for row in plan
            if not row["done"]
        ]
        return Known(asked, found[0]["begun_at"], len(plan), tuple(chunks))

    def begin(self, asked: Asked, chunks: Sequence[Chunk], now: datetime) -> Known:
        """A new plan in place of any before."""
        for statement in _FORGET:
            self._client.command(statement, {"id": asked.rebuild_id})
        known = Known(asked, now, len(chunks), tuple(chunks))
        if chunks:
            plan = [(asked.rebuild_id, c.number, c.after, c.last, False, c.facts, 0) for c in chunks]
            self._client.insert("rebuild_chunks", plan, column_names=_CHUNK)
        self._note(known, None)
        return known

    def done(self, known: Known, chunk: Chunk, facts: int, scored: int) -> Known:
        """A chunk of which all rows are written."""
        row = (known.asked.rebuild_id, chunk.number, chunk.after, chunk.last, True, facts, scored)
        self._client.insert("rebuild_chunks", [row], column_names=_CHUNK)
        return replace(known, left=tuple(left for left in known.left if left.number != chunk.number))

    def finish(self, known: Known, now: datetime) -> None:
        """All chunks are done."""
        self._note(known, now)

    def _note(self, known: Known, finished_at: datetime | None) -> None:
        asked = known.asked
        row = (asked.rebuild_id, asked.policy.name, asked.digest, list(asked.accounts), asked.as_of, known.begun_at)
        self._client.insert("rebuilds", [(*row, finished_at, known.chunks)], column_names=_COLUMNS)
