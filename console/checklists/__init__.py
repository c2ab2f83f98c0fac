"""Checklists: data in, a walk with proofs out. Knows ports, settings and the domain only."""
