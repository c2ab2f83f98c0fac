"""Quarterdeck: the console for the minute in which an Amazon ECS deployment goes wrong.

Everything in this package runs without a terminal, except :mod:`console.app`.
"""

__version__ = "0.1.0"
