"""Secrets that ended up in a log line, hidden before anything keeps or shows it.

Only what is a secret beyond doubt: a line should stay readable.
"""

import re

MASK = "****"
_RULES = (
    (re.compile(r"\b((?:AKIA|ASIA)[A-Z0-9]{4})[A-Z0-9]{12}\b"), rf"\1{MASK}"),
    (re.compile(r"(?i)\b(bearer|authorization\W{1,4}basic)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {MASK}"),
    (re.compile(r"(?i)([a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s@/]+@"), rf"\1:{MASK}@"),
    (
        re.compile(
            r"(?i)(\"?[a-z0-9_.-]*(?:password|passwd|secret(?:_?access)?_?key|api_?key|access_?token"
            r"|auth_?token|client_?secret|session_?token)\"?\s*[=:]\s*\"?)[^\s\",;&]+"
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"), MASK),
)
_HINTS = re.compile(r"(?i)AKIA|ASIA|bearer|basic|://|pass|secret|key|token|eyJ")


def masked(text: str) -> str:
    """The text with AWS access keys, bearer tokens, passwords and JSON web tokens hidden."""
    if not _HINTS.search(text):
        return text
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
