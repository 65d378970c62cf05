"""The local stack: brokers, mail catcher and the supervisor that runs every process of ours on one machine."""
