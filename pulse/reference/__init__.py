"""Reference pages for docs/: settings and events as Markdown, from the models alone.

`python -m pulse.reference docs` writes them. Nothing may stand on a page that the code does not say.
"""

from pulse.reference.events import events_page
from pulse.reference.settings import settings_page


def pages() -> dict[str, str]:
    """The pages by file name."""
    return {"events.md": events_page(), "settings.md": settings_page()}
