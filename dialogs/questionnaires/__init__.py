"""The questionnaires that are shipped, as data: ``individual.yaml`` and ``corporate.yaml``.

The wording, the conditions and the order of the questions live here and nowhere in the code, so a
compliance officer can read, change and sign them without a programmer.  A file is only a source:
what customers are asked is the version that was published from it (``kakunin content publish``).
"""

#: The kinds of customer; each is asked the form of its name.
KINDS = ("individual", "corporate")
