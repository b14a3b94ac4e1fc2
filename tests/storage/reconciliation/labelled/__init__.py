"""A labelled set of pairs (master value, answer value, right verdict) that is made from a seed.

It knows how people and banks write; it uses nothing of the comparators.  Rules are developed with the seeds of
``DEVELOPED_WITH``; the levels are held on others (test_accuracy.py, ``python -m bench``).
"""

DEVELOPED_WITH = (1, 2, 3)
HELD_ON = (1001, 1002)
