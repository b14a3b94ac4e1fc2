"""Sign-in of staff at the bank's own identity provider (OpenID Connect)."""
