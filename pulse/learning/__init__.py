"""Proposing a policy's weights and points from what became of accounts: earlier snapshots teach, later ones judge."""
