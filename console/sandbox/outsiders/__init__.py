"""Stand-ins for suppliers beside AWS, under ``/_outsiders/`` on the sandbox's port: Datadog and Sentry.

They tell of the same requests, versions and errors as metrics and log lines do.
"""
