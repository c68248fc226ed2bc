"""What `make bench` measures: our parts beside the peers that do the same work, in one run. Never a test."""
