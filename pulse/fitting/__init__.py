"""Fitting the model of silence to a history: earlier snapshots teach, later ones judge, and a document tells both."""
