"""Elastic Container Service: a deterministic scheduler and the operations upon it."""
