"""The facts that come in, one file per topic: past tense, with a version (`.v1`, `.v2`) at the end of the type."""
