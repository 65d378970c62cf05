"""Policies run over histories."""
