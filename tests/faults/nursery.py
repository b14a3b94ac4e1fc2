"""Preloaded by the server that forks the processes of the fault tests: everything is imported and read once."""

from tests.faults.child import warm_content

warm_content()
