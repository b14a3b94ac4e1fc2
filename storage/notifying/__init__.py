"""LINE notification messages: sent to a telephone number instead of an account."""
