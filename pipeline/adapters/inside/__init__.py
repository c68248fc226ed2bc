"""What runs inside the sandbox on strangers' bytes. Nothing here trusts its input, nothing outside its output."""
