"""The frame of every screen: header, banner, key bar."""

from widgets.banner import Banner
from widgets.header import Chip, HeaderBar, HeaderPicture
from widgets.keybar import KeyBar

__all__ = ["Banner", "Chip", "HeaderBar", "HeaderPicture", "KeyBar"]
