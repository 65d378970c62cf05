"""The ways to tell somebody. A channel sends once and says whether an error is worth a retry; the stage retries."""
