"""Stand-ins for suppliers beside AWS, under ``/_outsiders/`` on the sandbox's port: Datadog, Sentry,
GitHub and Telegram.

They tell of the same requests, versions and errors as metrics and log lines do, and of the same images and
their builds.
"""
