"""Payment lists out, bank replies in, reconciled line by line; the accounts they are paid to."""
