"""Every key that a configuration may hold, table by table; nothing else is accepted.

The loader refuses what is not listed here and ``config.example.toml`` is held complete against it.
"""

TOP = ("operator", "paths", "console", "keys", "systems")
"""The file itself."""

PATHS = ("journal", "cache", "aws_config", "aws_credentials")
"""``[paths]``"""

CONSOLE = ("theme", "ascii", "times")
"""``[console]``; ``[keys]`` has the ids of bindings for its keys, which the screens know."""

SYSTEM = ("environments",)
"""``[systems.S]``"""

ENVIRONMENT = (
    "platform",
    "tier",
    "account",
    "region",
    "profile",
    "role_arn",
    "endpoint_url",
    "cluster",
    "read_only",
    "logs",
    "tags",
    "tag_rule",
    "critical_findings",
    "services",
    "groups",
)
"""``[systems.S.environments.E]``"""

SERVICE = (
    "service",
    "cluster",
    "containers",
    "deploy",
    "soak",
    "no_check_healthy_after",
    "health",
    "also",
    "tags",
)
"""``[systems.S.environments.E.services.ALIAS]``"""

GROUP = ("waves",)
"""``[systems.S.environments.E.groups.NAME]``"""

THEMES = ("auto", "dark", "light", "nocolor")
TIMES = ("utc", "local")

PLATFORMS = ("ecs",)
LOG_WAYS = ("poll", "live")
DEPLOY_WAYS = ("pin", "force")
RULES = ("enforce", "warn")
SEMVER = "semver"
"""The tag pattern that has a name: ``v1.2.3`` and nothing else."""

ALIAS_LENGTH = 16
"""Characters that lists leave for an alias."""
