"""One technology per file; adapters import ports and domain, never stages."""
