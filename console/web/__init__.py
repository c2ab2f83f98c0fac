"""HTTP to the services themselves and to other suppliers; the only importers of httpx."""
