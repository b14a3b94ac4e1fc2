"""The console's pages: handlers that take a ``Visit`` and declare what they need."""
