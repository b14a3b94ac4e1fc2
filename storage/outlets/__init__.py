"""Where other systems of the bank are told what happened: how it fares, what is on its way."""
