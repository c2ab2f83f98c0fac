"""Named, seeded beginnings of a world: what is under way, and what is wrong, when it starts."""
