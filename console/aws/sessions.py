"""Credentials and clients: the one place where boto3 is imported and a client is made.

What the configuration names is given to boto3 explicitly, so that no AWS_* variable of the shell can
point it elsewhere: a console aimed at the sandbox must never reach a real account.
"""

import getpass
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any
from urllib.parse import urlsplit

from console import __version__
from console.aws.guard import forbid_writes
from console.aws.models import loader
from console.config.settings import EnvironmentSettings, Settings
from console.domain.text import plain
from console.errors import CredentialsError, EndpointError

CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 8
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LOCK = RLock()
"""One client at a time in the whole process: made at once from many threads they take ten times as
long, and botocore's sessions are not documented to be thread-safe. Made clients are."""
AskMfa = Callable[[str], str]
"""Given the serial number of an MFA device, returns the code that it shows. Called on the thread that
needs the credentials, one at a time for a profile; raises :class:`CredentialsError` when nobody answers."""


def ask_on_terminal(serial: str) -> str:
    """Ask whoever sits at the terminal; the code is not echoed.

    Raises:
        CredentialsError: when there is no terminal, or no code is given.
    """
    named, remedy = plain(serial), "run it on a terminal, or with credentials that need no code"
    if not (sys.stdin and sys.stdin.isatty()):
        raise CredentialsError(f"the role needs a code of the MFA device {named}", remedy)
    try:
        code = getpass.getpass(f"MFA code of {named}: ").strip()
    except EOFError:
        code = ""
    if not code:
        raise CredentialsError(f"no code of the MFA device {named} was given", remedy)
    return code


@dataclass(frozen=True)
class Access:
    """Everything that decides which clients an environment gets; equal access shares them."""

    profile: str
    role_arn: str
    region: str
    endpoint_url: str
    read_only: bool
    config_file: Path | None = None
    credentials_file: Path | None = None

    @classmethod
    def of(cls, environment: EnvironmentSettings, settings: Settings) -> "Access":
        """The access that an environment's settings ask for."""
        return cls(
            profile=environment.profile,
            role_arn=environment.role_arn,
            region=environment.environment.region,
            endpoint_url=environment.endpoint_url,
            read_only=environment.environment.read_only,
            config_file=settings.aws_config_file,
            credentials_file=settings.aws_credentials_file,
        )

    @property
    def host(self) -> str:
        """Host and port of an explicit endpoint; empty for AWS itself."""
        return urlsplit(self.endpoint_url).netloc.rpartition("@")[2]


@dataclass
class Roles:
    """Credentials of assumed roles, for all environments of one profile: the code of an MFA device can be
    used once only, so that whoever needs the same role a moment later takes what the first one got."""

    kept: dict[str, Any] = field(default_factory=dict)
    """As botocore keeps them; in memory only."""
    lock: Any = field(default_factory=RLock)

    def forget(self, key: str) -> None:
        """Drop the credentials with that access key: AWS no longer accepts them."""
        with self.lock:
            for name, answer in tuple(self.kept.items()):
                if answer["Credentials"]["AccessKeyId"] == key:
                    del self.kept[name]


class Clients:
    """The clients of one access, each made when first asked for and then kept. Thread-safe.

    Args:
        mfa: How to get the code of an MFA device; botocore itself would read the terminal.
        roles: Shared by everything of one profile.
    """

    def __init__(self, access: Access, mfa: AskMfa = ask_on_terminal, roles: Roles | None = None) -> None:
        self.access = access
        self.generation = 0
        """How often everything has been dropped."""
        self._mfa = mfa
        self._roles = roles or Roles()
        self._clients: dict[tuple[str, str], Any] = {}
        self._session: Any = None
        self._role_key = ""

    def client(self, service: str, region: str = "") -> Any:
        """The client of a service, in the environment's Region unless another is named.

        Raises:
            botocore.exceptions.BotoCoreError: when the profile or its files cannot be used.
            EndpointError: when the configured endpoint is no URL.
        """
        key = service, region or self.access.region
        known = self._clients.get(key)
        if known is not None:
            return known
        with _LOCK:
            if key not in self._clients:
                self._clients[key] = self._made(*key)
            return self._clients[key]

    def forget(self, generation: int) -> None:
        """Drop session and clients, so that the next call reads the credentials anew: a login in another
        window takes effect without a restart.

        Args:
            generation: What :attr:`generation` was when the call that failed began; when others have
                dropped everything since, nothing is done.
        """
        with _LOCK:
            if generation != self.generation:
                return
            self.generation += 1
            self._clients = {}
            self._session = None
            self._roles.forget(self._role_key)

    def expires_at(self) -> datetime | None:
        """When the credentials in use end; ``None`` for those that do not. Renews them if need be.

        Raises:
            botocore.exceptions.BotoCoreError: when there are none, or they cannot be renewed.
        """
        from botocore.exceptions import NoCredentialsError

        with _LOCK:
            credentials = self._open().get_credentials()
        if credentials is None:
            raise NoCredentialsError
        credentials.get_frozen_credentials()
        moment = getattr(credentials, "_expiry_time", None)
        return moment if isinstance(moment, datetime) else None

    @property
    def remedy(self) -> str:
        """How to renew these credentials."""
        name = self.access.profile or "default"
        return (
            f"aws sso login --profile {name}"
            if self._is_sso()
            else f"renew the credentials of profile {name}"
        )

    def _made(self, service: str, region: str) -> Any:
        try:
            client = self._open().client(
                service,
                region_name=region,
                endpoint_url=self.access.endpoint_url or None,
                config=_config(self.access),
            )
        except ValueError as error:
            raise EndpointError(
                f"{self.access.host or self.access.endpoint_url or region} cannot be used as an endpoint",
                "correct endpoint_url and region in the configuration",
            ) from error
        if self.access.read_only:
            forbid_writes(client)
        return client

    def _open(self) -> Any:
        """The boto3 session, made at the first call: importing boto3 takes a fifth of a second."""
        if self._session is None:
            import boto3

            core = _core(self.access)
            profiles = core.get_component("credential_provider").get_provider("assume-role")
            profiles.cache, profiles._prompter = self._roles.kept, self._prompted
            if self.access.role_arn:
                _assume_role(core, self.access, self._prompted, self._roles.kept)
            self._in_turn(core.get_credentials())
            self._session = boto3.Session(botocore_session=core, region_name=self.access.region)
        return self._session

    def _prompted(self, prompt: str) -> str:
        return self._mfa(prompt.removeprefix("Enter MFA code for ").rstrip(": "))

    def _in_turn(self, credentials: Any) -> None:
        """Let one at a time fetch role credentials; everybody else finds what he fetched."""
        fetch = getattr(credentials, "_refresh_using", None)
        if fetch is None:
            return

        def fetched() -> Any:
            with self._roles.lock:
                found = fetch()
            self._role_key = str((found or {}).get("access_key", ""))
            return found

        credentials._refresh_using = fetched

    def _is_sso(self) -> bool:
        from botocore.exceptions import BotoCoreError

        try:
            with _LOCK:
                profiles = _core(self.access).full_config.get("profiles", {})
        except BotoCoreError:
            return False
        chosen = profiles.get(self.access.profile or "default", {})
        source = profiles.get(chosen.get("source_profile", ""), {})
        return any("sso_session" in item or "sso_start_url" in item for item in (chosen, source))


def _core(access: Access) -> Any:
    """A botocore session; a named profile also switches off the credentials of the environment."""
    import botocore.session

    core = botocore.session.Session(profile=access.profile or None)
    core.register_component("data_loader", loader())
    if access.config_file:
        core.set_config_variable("config_file", str(access.config_file))
    if access.credentials_file:
        core.set_config_variable("credentials_file", str(access.credentials_file))
    return core


def _config(access: Access) -> Any:
    from botocore.config import Config

    options: dict[str, Any] = {
        "retries": {"total_max_attempts": 1, "mode": "standard"},
        "connect_timeout": CONNECT_TIMEOUT_S,
        "read_timeout": READ_TIMEOUT_S,
        "max_pool_connections": 16,
        "user_agent_extra": f"quarterdeck/{__version__}",
    }
    if access.endpoint_url:
        options |= {
            "inject_host_prefix": False,
            "use_fips_endpoint": False,
            "use_dualstack_endpoint": False,
        }
    if urlsplit(access.endpoint_url).hostname in _LOOPBACK:
        options["proxies"] = {}
    return Config(**options)


def _assume_role(core: Any, access: Access, prompt: Callable[[str], str], kept: dict[str, Any]) -> None:
    """Give the session credentials of the role, fetched when first needed and renewed in time.

    The MFA device is the one that the profile names (``mfa_serial``); a profile that assumes a role of
    its own needs it for that one.
    """
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
    from botocore.exceptions import NoCredentialsError

    def sts(service: str, **keys: Any) -> Any:
        return core.create_client(
            service,
            region_name=access.region,
            endpoint_url=access.endpoint_url or None,
            config=_config(access),
            **keys,
        )

    source = core.get_credentials()
    if source is None:
        raise NoCredentialsError
    extra = {"RoleSessionName": _role_session_name()}
    profile = core.full_config.get("profiles", {}).get(access.profile or "default", {})
    if profile.get("mfa_serial") and not profile.get("role_arn"):
        extra["SerialNumber"] = profile["mfa_serial"]
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=sts,
        source_credentials=source,
        role_arn=access.role_arn,
        extra_args=extra,
        mfa_prompter=prompt,
        cache=kept,
    )
    core._credentials = DeferredRefreshableCredentials(
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )


def _role_session_name() -> str:
    """The person's name, as far as it fits the pattern of role session names (IAM: 2-64 of [w+=,.@-])."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = ""
    return re.sub(r"[^\w+=,.@-]", "-", name, flags=re.ASCII)[:64].ljust(2, "-") if name else "quarterdeck"
