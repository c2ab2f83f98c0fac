"""What the console talks about: frozen dataclasses and pure functions, standard library only."""
