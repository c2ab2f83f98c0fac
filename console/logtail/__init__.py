"""Log lines of a service's tasks: taken in, merged by time, judged and found again.

Nothing here knows a supplier: lines come through :class:`console.ports.LogSource`.
"""
