"""Collects every text of `consumers/` that is translated, and renews the catalogues from it: `make messages`.

A catalogue holds exactly these texts, in the order of the code, each with the files it stands in. What is new is added
empty, what is gone is taken out, what was translated stays. `faults` says what a catalogue lacks: `make lint` and the
tests ask it.
"""

import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from io import SEEK_END, BytesIO
from pathlib import Path
from typing import Final

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from consumers.runtime.wording.catalogues import DEFAULT_LANGUAGE, LANGUAGES, catalogue_path

SOURCES: Final = Path(str(files("consumers")))
COMMAND: Final = "make messages"
_METHODS: Final = [("**.py", "python"), ("**/templates/**", "jinja2")]
_KEYWORDS: Final = {
    "_": None,
    "N_": None,
    "NN_": (1, 2),
    "C_": ((1, "c"), 2),
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
_OPTIONS: Final = {"**/templates/**": {"silent": "false", "trimmed": "true", "newstyle_gettext": "true"}}
_HEADER: Final = """msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""
_PLACES: Final = re.compile(r"%\((\w+)\)")
_COUNTS: Final = frozenset({"count", "num"})
"""The form for one may leave the number out."""

Key = tuple[str, str]
"""A message's context (empty for none) and its English text in the form for one."""


@cache
def texts() -> Catalog:
    """Every text in code and templates, in English; read once a process."""
    catalogue = Catalog(fuzzy=False)
    found = extract_from_dir(str(SOURCES), _METHODS, _OPTIONS, _KEYWORDS)
    for name, _, message, _, context in sorted(found, key=lambda one: (one[0], one[1])):
        catalogue.add(message, locations=[(f"consumers/{name}", 0)], context=context)
    return catalogue


def catalogue(language: str) -> Catalog:
    """What stands in the catalogue of a language; empty where there is none yet."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def renewed(language: str) -> Catalog:
    """The catalogue with exactly the texts there are now, keeping their translations."""
    known = {_key(message): message for message in catalogue(language) if message.id}
    fresh = Catalog(locale=language, fuzzy=False)
    for message in texts():
        if message.id:
            before = known.get(_key(message))
            kept = before.string if before is not None and before.id == message.id else None
            fresh.add(message.id, kept or "", locations=message.locations, context=message.context)
    return fresh


def written(language: str, content: Catalog) -> bytes:
    """The catalogue as its file; the same content gives the same bytes."""
    file = BytesIO(_HEADER.format(language=language).encode())
    file.seek(0, SEEK_END)
    write_po(file, content, width=120, omit_header=True, include_lineno=False, ignore_obsolete=True)
    return file.getvalue()


def faults(language: str) -> list[str]:
    """What is wrong with a catalogue, each with the message it is about and what to do."""
    wanted = {_key(message): message for message in texts() if message.id}
    present = {_key(message): message for message in catalogue(language) if message.id}
    path = catalogue_path(language)
    where = path.relative_to(SOURCES.parent) if path.is_relative_to(SOURCES.parent) else path
    missing = [
        f"{where}: {_shown(key)} is missing: run `{COMMAND}`, then fill it in" for key in wanted.keys() - present
    ]
    gone = [f"{where}: {_shown(key)} is in no code any more: run `{COMMAND}`" for key in present.keys() - wanted]
    both = [(key, present[key], wanted[key]) for key in wanted.keys() & present.keys()]
    wrong = [f"{where}: {_shown(key)} {fault}" for key, mine, english in both for fault in _wrong(mine, english)]
    return sorted(missing + gone + wrong)


def main(*, renewing: bool) -> int:
    """Renew every catalogue, and say what is still to be filled in; or only say."""
    left = []
    for language in LANGUAGES:
        if language != DEFAULT_LANGUAGE:
            path = catalogue_path(language)
            if renewing:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(written(language, renewed(language)))
            left += faults(language)
    print("\n".join(left) or "All catalogues are complete.")  # noqa: T201  a command says what it did
    return bool(left)


def _key(message: Message) -> Key:
    return message.context or "", _forms(message.id)[0]


def _shown(key: Key) -> str:
    context, text = key
    return f'msgid "{text}"' + (f' (msgctxt "{context}")' if context else "")


def _forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def _wrong(mine: Message, english: Message) -> Iterator[str]:
    if mine.id != english.id:
        yield f"has other forms in the code: run `{COMMAND}`, then fill it in"
        return
    originals, translated = _forms(english.id), _forms(mine.string)
    if mine.fuzzy:
        yield "is marked fuzzy: look at the translation and take the mark out"
    if len(translated) != len(originals) or not all(translated):
        yield "is not translated in every form: fill it in"
        return
    for original, text in zip(originals, translated, strict=True):
        optional = _COUNTS if len(originals) > 1 and original is originals[0] else frozenset()
        if _places(original) - optional != _places(text) - optional:
            yield f"has other places: {sorted(_places(text))} instead of {sorted(_places(original))}"


def _places(text: str) -> frozenset[str]:
    return frozenset(_PLACES.findall(text))


if __name__ == "__main__":
    sys.exit(main(renewing="--check" not in sys.argv[1:]))
