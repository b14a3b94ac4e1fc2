"""Stored conversations as readable transcripts that the test suite plays again."""
