"""In which language a page is read: the one chosen on the page, else the profile's, else the browser's. Pure."""

from typing import Final

from consumers.runtime.wording.catalogues import DEFAULT_LANGUAGE, LANGUAGES, locale_of

_MOST_TAGS: Final = 20


def read_in(profile: str, chosen: str) -> str:
    """The locale for a signed-in person. Choosing the profile's own language keeps its region.

    >>> read_in("de_AT", ""), read_in("de_AT", "de"), read_in("de_AT", "sv")
    ('de_AT', 'de_AT', 'sv')
    """
    if chosen not in LANGUAGES or locale_of(profile).language == chosen:
        return profile
    return chosen


def of_browser(accepted: str) -> str:
    """The first locale of the header `accept-language` whose language we have; browsers list the dearest first.

    >>> of_browser("fr-FR,fr;q=0.9,de-CH;q=0.8,en;q=0.5"), of_browser("*"), of_browser("")
    ('de-CH', 'en', 'en')
    """
    tags = [part.partition(";")[0].strip() for part in accepted.split(",", _MOST_TAGS)[:_MOST_TAGS]]
    return next((tag for tag in tags if _has(tag)), DEFAULT_LANGUAGE)


def _has(tag: str) -> bool:
    return locale_of(tag).language != DEFAULT_LANGUAGE or tag.lower().startswith(DEFAULT_LANGUAGE)
