"""Jinja2 in the reader's language: `_`, `ngettext` and `pgettext` of templates ask the reader they are rendered for.

A template is rendered with `reader`. What is put into a text is escaped as everywhere; `_("… %(name)s", name=name)`.
"""

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context

from consumers.runtime.wording.marks import C_


def templates_of(package: str) -> Environment:
    """The templates of a package, with their texts. All but `.txt.j2` are escaped, a name that is not given is an
    error, and each file is read once.
    """
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=select_autoescape((), ("txt.j2",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    install = environment.install_gettext_callables  # type: ignore[attr-defined]  # the extension added it
    install(_text, _plural, newstyle=True, pgettext=_text_in)
    return environment


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
