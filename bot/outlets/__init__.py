"""What the service tells other systems of the bank by itself: exports to a server, messages by web hook."""
