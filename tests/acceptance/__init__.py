"""Through the command line only: what an operator can type, and the files an operator can read."""
