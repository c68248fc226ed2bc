"""The rules of the house: pure functions over plain values; no clock, file, socket, log or environment."""
