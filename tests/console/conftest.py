"""See `fixtures`."""

from tests.console.fixtures import address, console_settings, gateway, mail_dir, mine, told, visitors

__all__ = ["address", "console_settings", "gateway", "mail_dir", "mine", "told", "visitors"]
