"""Reference pages for docs/ as Markdown: events and settings from the models, metrics from their declarations, tables
from the migrations, the policy from its document.

`python -m pulse.reference docs` writes them. Nothing may stand on a page that the code does not say.
"""

from pulse.reference.alerts import alerts_page
from pulse.reference.events import events_page
from pulse.reference.metrics import metrics_page
from pulse.reference.policy import policy_page
from pulse.reference.settings import settings_page
from pulse.reference.tables import tables_page


def pages() -> dict[str, str]:
    """The pages by file name."""
    return {
        "alerts.md": alerts_page(),
        "events.md": events_page(),
        "metrics.md": metrics_page(),
        "policy.md": policy_page(),
        "settings.md": settings_page(),
        "tables.md": tables_page(),
    }
