"""The lists that come with the program: a folder a system, a file a list."""
