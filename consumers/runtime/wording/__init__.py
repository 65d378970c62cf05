"""Structured reasons become sentences a person reads: one place for mails, inbox and pages.

Every sentence goes through gettext; numbers, money, dates and times are written by Babel in the reader's locale and
time zone. No decision, no HTML, no I/O but reading the catalogues may come in here. The English text stands in the
code, the other languages in `locales/<language>/LC_MESSAGES/wording.po`, for all of `consumers/`; `make messages`
renews these.
"""

from consumers.runtime.wording.alerts import AlertWords
from consumers.runtime.wording.catalogues import LANGUAGES
from consumers.runtime.wording.digests import DigestWords
from consumers.runtime.wording.parts import PartLine, part_lines
from consumers.runtime.wording.plain import one_line
from consumers.runtime.wording.reader import Reader, reader_of

__all__ = ["LANGUAGES", "AlertWords", "DigestWords", "PartLine", "Reader", "one_line", "part_lines", "reader_of"]
