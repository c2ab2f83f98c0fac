"""What is read when, and the picture of the fleet that comes of it."""
