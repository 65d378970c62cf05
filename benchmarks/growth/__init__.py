"""`growth`: what an event costs when there are more accounts, and when there are more workers."""
