"""Configuration: TOML in, :class:`~console.config.settings.Settings` out, clear errors between."""
