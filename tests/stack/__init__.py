"""The command, the brokers and the local stack."""
