"""The languages we write, their catalogues, and which of them a locale is read in.

They are read as translators keep them, `locales/<language>/LC_MESSAGES/wording.po`: nothing is compiled ahead, so a
checkout and a wheel hold the same files and none can be stale. English stands in the code.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES: Final = {"en": "English", "de": "Deutsch", "es": "Español", "nb": "Norsk bokmål", "sv": "Svenska"}
"""Each by its own name."""
DEFAULT_LANGUAGE: Final = "en"
_READ_AS: Final = {"no": "nb", "nn": "nb"}
_FOLDER: Final = Path(__file__).parent / "locales"


def catalogue_path(language: str) -> Path:
    """Where the texts of a language are; English has none."""
    return _FOLDER / language / "LC_MESSAGES" / "wording.po"


@cache
def catalogue_of(language: str) -> NullTranslations:
    """The texts of one of our languages, read once (some 20 ms)."""
    if language == DEFAULT_LANGUAGE:
        return NullTranslations()
    with catalogue_path(language).open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def locale_of(name: str) -> Locale:
    """The locale to write in: a language of ours with its region, English for any other.

    >>> [str(locale_of(name)) for name in ("de_AT", "no_NO", "sv-FI", "de_XX", "fr_FR", "")]
    ['de_AT', 'nb_NO', 'sv_FI', 'de', 'en', 'en']
    """
    language, _, region = name.replace("-", "_").lower().partition("_")
    ours = _READ_AS.get(language, language)
    if ours not in LANGUAGES:
        return Locale(DEFAULT_LANGUAGE)
    try:
        return Locale.parse(f"{ours}_{region.upper()}" if region else ours)
    except (UnknownLocaleError, ValueError):
        return Locale(ours)
