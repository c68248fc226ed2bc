"""One verb, one file, one public function: gather, decide (domain), act (ports)."""
