"""Tests without a terminal and without a network."""
