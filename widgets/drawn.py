"""What every drawn widget knows: the theme and the set of marks of the app that it is in."""

from textual.theme import Theme
from textual.widget import Widget

from widgets.glyphs import UNICODE, Glyphs


class Drawn(Widget):
    """A widget that draws itself from lines, in the app's theme and with the app's marks."""

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, self._theme_changed)

    def _theme_changed(self, _theme: Theme) -> None:
        """Textual draws anew only where its own style sheet says something else: between two themes in
        the terminal's colours it says the same."""
        self.refresh()

    @property
    def theme_name(self) -> str:
        """Name of the theme to draw in, for :func:`widgets.palette.style`."""
        return str(self.app.theme)

    @property
    def glyphs(self) -> Glyphs:
        """The marks that this terminal can show."""
        found = getattr(self.app, "glyphs", UNICODE)
        return found if isinstance(found, Glyphs) else UNICODE
