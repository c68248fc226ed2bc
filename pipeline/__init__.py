"""Conference Packs: reports come in, the right encrypted packs go out."""
