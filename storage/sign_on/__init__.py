"""What is kept of sign-in at the bank's identity provider; never a token, never a subject in clear."""
