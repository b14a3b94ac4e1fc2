"""Messages on their way, many at a time."""
