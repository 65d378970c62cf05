"""Alerts to people: routing, words, mails, retries, receipts; with real SMTP servers and real brokers."""
