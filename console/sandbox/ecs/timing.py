"""How long ECS takes, in simulated seconds, and the words in which a task's fate is told.

The durations reproduce timelines seen of real services on Fargate: a task is RUNNING about 37 s
after its start, its target is registered 3 s later, an old task is told to stop about 20 s after
the new one turned healthy, and is deregistered 10 s after that.
"""

PROVISIONING = 12.0
PENDING = 8.0
ACTIVATING = 17.0
PULLING = 12.0
REGISTERING = 3.0
PULL_RETRIES = 112.0
"""How long a pull that cannot succeed is retried before the task is given up."""
START_JITTER = 1.0

DEREGISTERING = 10.0
"""From the order to stop until the target is deregistered."""
LEAVING_WITHOUT_TARGETS = 2.0
TERMINATING = 2.0
"""From SIGTERM to the end of the process."""
STOP_TIMEOUT = 30.0
"""From SIGTERM to SIGKILL, where the container definition has no ``stopTimeout``."""
DEPROVISIONING = 10.0
EXIT_DEACTIVATING = 5.0
HEALTHY_WITHOUT_CHECK = 40.0
"""A RUNNING task without any check counts as healthy after 40 s (deployment-type-ecs)."""

NOTICE_UPDATE = 3.0
NOTICE_TARGET_HEALTH = 20.0
NOTICE_HEALTH = 5.0
NOTICE_UNHEALTHY = 10.0
NOTICE_EXIT = 9.0
NOTICE_STOP_TASK = 18.0
NOTICE_ZONES = 60.0
"""From the steady state until the zones of its tasks are looked at."""
NOTICE_CAPACITY = 60.0
"""At least this long until tasks that could not be placed are tried again."""
NOTICE_STOPPED = 10.0
NOTICE_TRIP = 5.0
"""From the decision to go back until the scheduler acts upon it."""
STOPPING_DEPLOYMENT = 3.0
"""From STOP_REQUESTED or ROLLBACK_REQUESTED to the next status."""
LISTING_LAG = 2.0
"""A new service deployment or task is not listed at once (eventual consistency)."""
DESCRIBING_LAG = 1.0
"""A task that RunTask started cannot be described at once."""

THROTTLE_FIRST = 235.0
THROTTLE_MOST = 27 * 60.0
"""Longest gap between attempts to start (service-throttle-logic)."""
STOPPED_VISIBLE = 3600.0
"""Wall-clock seconds that a stopped task is shown; ``speed`` leaves it alone."""
REPEAT = 6 * 3600.0
"""The steady state is announced anew, a problem at most once, in this time."""

CREATED = "created"
RUNNING = "running"
HEALTHY = "healthy"
UNHEALTHY = "unhealthy"
EXITED = "exited"
"""A container ended by itself."""
STOP_ORDERED = "stop ordered"
TERMINATED = "terminated"
"""SIGTERM was sent."""
STOPPED = "stopped"
