"""Every key that a configuration may hold, table by table; nothing else is accepted.

The loader refuses what is not listed here and ``config.example.toml`` is held complete against it.
"""

TOP = ("operator", "paths", "console", "keys", "integrations", "systems")
"""The file itself."""

PATHS = ("journal", "cache", "aws_config", "aws_credentials")
"""``[paths]``"""

CONSOLE = ("theme", "ascii", "times", "bell")
"""``[console]``; ``[keys]`` has the ids of bindings for its keys, which the screens know."""

INTEGRATIONS = ("datadog", "sentry", "crash_reports", "github")
"""``[integrations]``; of the first two, an environment and a service have tables of their own; of GitHub an
environment has."""

DATADOG = ("site", "url", "api_key", "app_key", "span", "version")
ENVIRONMENT_DATADOG = (*DATADOG, "env")
SERVICE_DATADOG = ("service", "env", "span", "version")

SENTRY = ("url", "organization", "token", "release")
ENVIRONMENT_SENTRY = (*SENTRY, "project", "environment")
SERVICE_SENTRY = ("project", "environment", "release")

GITHUB = ("url", "token")
TELEGRAM = ("url", "token")
"""``[systems.S.environments.E.telegram]``: a bot belongs to one environment."""

CRASH_REPORTS = ("dsn", "environment")

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
    "freeze",
    "proven_in",
    "container_insights",
    "guard",
    "alerts",
    "datadog",
    "sentry",
    "checklist",
    "runbooks",
    "github",
    "telegram",
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
    "health_words",
    "smoke",
    "validate",
    "database",
    "migration",
    "guard",
    "alerts",
    "datadog",
    "sentry",
    "also",
    "queue",
    "tags",
    "checklist",
    "checklist_parameters",
)
"""``[systems.S.environments.E.services.ALIAS]``"""

HEALTH_WORDS = ("status", "version", "dependencies", "ok", "degraded", "failing")
"""``[systems.S.environments.E.services.ALIAS.health_words]``; the other tables of a service below."""

SMOKE = ("base", "steps", "variables", "secrets", "file")

SMOKE_STEP = (
    "name",
    "method",
    "path",
    "headers",
    "json",
    "expect_status",
    "expect",
    "capture",
    "does",
    "limit",
    "within",
    "fatal",
)

VALIDATE = ("error_percent", "p95", "p99", "cpu_percent", "log_errors", "sentry_errors")

DATABASE = ("name", "repoint", "security_groups", "backup", "maintenance")

MIGRATION = ("definition", "container", "command", "verify", "reverse")

GUARD = ("mode", "bake", "countdown", "watch", "periods", "minimum_requests", "triggers")
"""``[….guard]`` of an environment or a service"""
TRIGGER = ("warning", "critical", "relative", "periods", "minimum_requests", "off")
"""``[….guard.triggers.FIGURE]``"""
ALERT = ("warning", "critical", "periods", "minimum_requests", "off")
"""``[….alerts.FIGURE]`` of an environment or a service"""

GROUP = ("waves",)
"""``[systems.S.environments.E.groups.NAME]``"""

THEMES = ("auto", "dark", "light", "nocolor")
TIMES = ("utc", "local")

PLATFORMS = ("ecs",)
LOG_WAYS = ("poll", "live")
DEPLOY_WAYS = ("pin", "force")
RULES = ("enforce", "warn")
NO_LIST = "none"
SEMVER = "semver"
"""The tag pattern that has a name: ``v1.2.3`` and nothing else."""

ALIAS_LENGTH = 16
"""Characters that lists leave for an alias."""
