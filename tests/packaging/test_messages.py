"""Every text is translated: what code and templates say stands in every catalogue, whole and in the same shape."""

from collections.abc import Callable
from pathlib import Path

import pytest

from consumers.runtime.wording.catalogues import DEFAULT_LANGUAGE, LANGUAGES, catalogue_path
from pulse import messages

TRANSLATED = sorted(set(LANGUAGES) - {DEFAULT_LANGUAGE})


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_with_its_places_and_forms(language: str) -> None:
    assert "\n".join(messages.faults(language)) == ""


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_is_as_the_command_writes_it(language: str) -> None:
    written = messages.written(language, messages.renewed(language))
    assert written == catalogue_path(language).read_bytes(), f"run `{messages.COMMAND}`"


def test_texts_of_code_and_of_templates_are_found() -> None:
    found = {(message.context, message.id) for message in messages.texts()}
    assert (None, "Acknowledge") in found
    assert (None, "Suggested next step") in found
    assert (None, ("%(count)d more reason", "%(count)d more reasons")) in found
    assert ("mail", "From") in found
    assert ("alert", "Acknowledged") in found


SPOILING = {
    "is missing: run `make messages`, then fill it in": lambda text: text.replace('msgid "now"', 'msgid "then"'),
    'msgid "then" is in no code any more: run `make messages`': lambda text: text.replace(
        'msgid "now"', 'msgid "then"'
    ),
    "is not translated in every form": lambda text: text.replace(
        'msgstr[1] "%(num)d offene Beschwerden"', 'msgstr[1] ""'
    ),
    "has other places: ['konto'] instead of ['account']": lambda text: text.replace(
        "%(account)s hat wieder bestellt.", "%(konto)s hat wieder bestellt."
    ),
    "is marked fuzzy": lambda text: text.replace('msgid "now"', '#, fuzzy\nmsgid "now"'),
}


@pytest.mark.parametrize(("said", "spoil"), SPOILING.items())
def test_what_a_catalogue_lacks_is_named(
    said: str, spoil: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = catalogue_path("de").read_text(encoding="utf-8")
    assert spoil(text) != text
    path = tmp_path / "wording.po"
    path.write_text(spoil(text), encoding="utf-8")
    monkeypatch.setattr(messages, "catalogue_path", lambda _: path)
    assert [fault for fault in messages.faults("de") if said in fault]
