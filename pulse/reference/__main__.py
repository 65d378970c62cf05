"""Writes the reference pages into the folder named as the argument."""

import sys
from pathlib import Path

from pulse.reference import pages


def main(folder: Path) -> None:
    """Write every page, and make the folder when it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
