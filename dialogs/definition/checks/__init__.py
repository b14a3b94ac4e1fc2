"""The checks of a questionnaire, one module per subject; each registers small functions."""
