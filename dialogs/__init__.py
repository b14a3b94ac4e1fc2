"""Everything that is decided in a conversation, without database, network, clock or platform."""
