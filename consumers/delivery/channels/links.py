"""The addresses of pages that messages link to. A link opens a page and does nothing else: scanners follow links."""

from urllib.parse import quote

from schemas.alerts import AlertStep


def account_link(console_url: str, step: AlertStep) -> str:
    """The account's page at its alerts.

    >>> account_link("https://pulse.example.test/", AlertStep.model_construct(account_id="A 1&x"))
    'https://pulse.example.test/account?id=A%201%26x#alerts'
    """
    return f"{console_url.rstrip('/')}/account?id={quote(step.account_id, safe='')}#alerts"
