"""Secrets that ended up in a log line, hidden before anything keeps or shows it.

Only what is a secret beyond doubt: a line should stay readable.
"""

import re

MASK = "****"
_ANY = re.IGNORECASE
_KEY = (
    r"(?:password|passwd|secret(?:_?access)?_?key|api_?key|access_?token|auth_?token|client_?secret"
    r"|session_?token|refresh_?token|id_?token|private_?key|x-amz-(?:signature|security-token))"
)
_RULES: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    (
        ("private key-----",),
        re.compile(r"(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)(?:(?!-----END).)*", re.DOTALL),
        rf"\1 {MASK} ",
    ),
    (("akia", "asia"), re.compile(r"\b((?:AKIA|ASIA)[A-Z0-9]{4})[A-Z0-9]{12}\b"), rf"\1{MASK}"),
    (
        ("bearer ", "authorization"),
        re.compile(r"\b(bearer|authorization\W{1,8}basic)\s+[A-Za-z0-9._~+/=-]{8,}", _ANY),
        rf"\1 {MASK}",
    ),
    (
        (":/", ":\\/"),
        re.compile(r"(\b[a-z][a-z0-9+.-]{0,30}:\\?/\\?/[^\s:/@\\\"]{0,200}):[^\s@/\"]{1,500}@", _ANY),
        rf"\1:{MASK}@",
    ),
    (
        ("pass", "secret", "key", "token", "x-amz-"),
        re.compile(rf"(\b[a-z0-9_.-]{{0,60}}?{_KEY}\\?\"?\s{{0,4}}[=:]\s{{0,4}}\\?\"?)[^\s\",;&\\]+", _ANY),
        rf"\1{MASK}",
    ),
    (("eyj",), re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.?[A-Za-z0-9_-]*"), MASK),
    (
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "_live_", "aiza", "npm_"),
        re.compile(
            r"\b(gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|[sr]k_live_|AIza|npm_)[A-Za-z0-9_-]{16,}"
        ),
        rf"\1{MASK}",
    ),
    ((":aa",), re.compile(r"\b(\d{8,10}):AA[A-Za-z0-9_-]{33}\b"), rf"\1:{MASK}"),
)
"""Words of which a line with such a secret has one, in lower case; what is hidden; and what is left.

Testing for a word is many times as fast as a search, and most lines have none of them.
"""
_KEY_LINE = re.compile(r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=[^g-zG-Z]*[g-zG-Z])[A-Za-z0-9+/]{64}")
"""A line of a private key's body: loggers write each as a line of its own."""


def masked(text: str) -> str:
    """The text with AWS access keys, bearer tokens, passwords, private keys and other tokens hidden."""
    if len(text) == 64 and _KEY_LINE.fullmatch(text):
        return MASK
    lower = text.lower()
    for words, pattern, replacement in _RULES:
        for word in words:
            if word in lower:
                text = pattern.sub(replacement, text)
                break
    return text
