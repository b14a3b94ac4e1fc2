"""Preloaded by the server that forks the processes of the fault tests: everything is imported and read once."""

import gc

from tests.faults.child import warm_content

warm_content()
# A collection in a child would touch, and so copy, all that it shares with this process.
gc.freeze()
