"""What a person at the desk can order: each gathers, decides and appends, or refuses with nothing changed."""
