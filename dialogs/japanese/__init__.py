"""The ground floor: width, kana, character variants, eras and numerals.

Pure and without state, so that replies and reconciliation read the same text the same way.
"""

from __future__ import annotations

from dialogs.japanese.width import fold, normalise, to_storable_width

__all__ = ["fold", "normalise", "to_storable_width"]
