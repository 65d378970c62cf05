"""What changes while a page is open: the reader of the topics, the ring, the fan-out and the patches sent to pages."""
