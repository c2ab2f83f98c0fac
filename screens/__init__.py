"""One file a screen; feeds.py is the only place where threads are started."""
