"""Jinja2 in the reader's language: `_`, `ngettext` and `pgettext` of templates ask the reader they are rendered for.

A template is rendered with `reader`. What is put into a text is escaped as everywhere; `_("… %(name)s", name=name)`.
"""

from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from consumers.runtime.wording.marks import C_


def install_texts(environment: Environment) -> None:
    """Give the templates of the environment their texts; it was made with the extension `jinja2.ext.i18n`."""
    install = environment.install_gettext_callables  # type: ignore[attr-defined]  # the extension added it
    install(_text, _plural, newstyle=True, pgettext=_text_in)


@pass_context
def _text(context: Context, message: str) -> str:
    text: str = context["reader"].text(message)
    return text


@pass_context
def _text_in(context: Context, situation: str, message: str) -> str:
    text: str = context["reader"].text(C_(situation, message))
    return text


@pass_context
def _plural(context: Context, one: str, many: str, count: int) -> str:
    text: str = context["reader"].plural((one, many), count)
    return text
