"""The report of a month for who leads the bank: the charts' own counts, on paper."""
