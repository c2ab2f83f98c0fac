"""Deploy and roll back: planned, confirmed, ordered once, observed to a verdict. Headless, resumable."""
