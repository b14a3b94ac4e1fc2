"""datacompy on Polars: both files read as text, joined by customer number, unequal cells counted by column."""

import sys

import polars
from datacompy import PolarsCompare


def main():
    master, answers = (polars.read_csv(path, infer_schema=False) for path in sys.argv[1:3])
    compared = PolarsCompare(master, answers, join_columns="customer_no")
    unequal = sum(column["unequal_cnt"] for column in compared.column_stats)
    print(f"{unequal} unequal cells")


if __name__ == "__main__":
    main()
