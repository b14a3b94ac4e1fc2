"""What a script does: one file in a dict by customer number, the other read along it, unequal cells counted."""

import csv
import sys
from pathlib import Path


def rows(path):
    with Path(path).open(encoding="utf-8", newline="") as file:
        yield from csv.reader(file)


def main():
    master, answers = (rows(path) for path in sys.argv[1:3])
    header = next(master)
    next(answers)
    known = {row[0]: row for row in master}
    unequal = [0] * len(header)
    for row in answers:
        for place, (left, right) in enumerate(zip(known[row[0]], row, strict=True)):
            if left != right:
                unequal[place] += 1
    print(f"{sum(unequal)} unequal cells")


if __name__ == "__main__":
    main()
