"""Hostile input: bytes from anywhere go into the readers, and any text into the pictures."""
