"""How fast kakunin is, measured from outside; never part of the tests (docs/performance.md)."""
