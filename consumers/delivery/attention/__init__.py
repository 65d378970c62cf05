"""How much of a manager's attention a notification may take, and when: at once, later, or in a digest. Pure."""
