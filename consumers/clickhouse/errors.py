"""What can be wrong around the warehouse, ordered by what the operator does.

WarehouseError
├── DirectoryHeld      end the other process, or choose another directory
├── DirectoryUnusable  mend the directory: rights, space, or data of another version
└── SchemaError
    ├── NewerDatabase  install the newer version of this program
    └── ChangedHistory put the migration file back as it was applied
"""

from pathlib import Path


class WarehouseError(Exception):
    """Base of everything this package raises."""


class DirectoryHeld(WarehouseError):
    """Another process works on the directory; an embedded engine allows one."""

    def __init__(self, data_dir: Path, holder: str) -> None:
        super().__init__(f"{data_dir} is held by {holder}: two warehouses cannot share a directory")
        self.data_dir = data_dir
        self.holder = holder


class DirectoryUnusable(WarehouseError):
    """The engine cannot open the directory."""

    def __init__(self, data_dir: Path, reason: str) -> None:
        super().__init__(f"{data_dir} cannot be opened: {reason}")
        self.data_dir = data_dir
        self.reason = reason


class SchemaError(WarehouseError):
    """The tables and this program do not fit together."""


class NewerDatabase(SchemaError):
    """The database has migrations that this program does not know."""

    def __init__(self, unknown: list[str]) -> None:
        super().__init__(f"the database is newer than this program: it has {', '.join(unknown)}")
        self.unknown = unknown


class ChangedHistory(SchemaError):
    """A migration file is not what was applied under its number."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"a migration was changed after it was applied: {detail}")
        self.detail = detail
