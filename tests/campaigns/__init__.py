"""Long runs of the whole console on a clock moved by hand: ``make campaign``."""
