"""The top floor: what is said next, decided from what was said before."""
