"""The tables of a service about its data and about trying it out: what they say, and how they complain."""

from datetime import timedelta
from pathlib import Path

import pytest

from console.config.data import DatabaseSettings, MigrationSettings, ValidateSettings
from console.config.loader import load
from console.config.settings import ServiceSettings
from console.domain.address import Address
from console.domain.smoke import SmokeSequence, SmokeStep
from console.domain.windows import window
from console.errors import ConfigError

SERVICE = """
[systems.s.environments.e]
region = "us-east-1"
cluster = "c"

[systems.s.environments.e.services.api]
service = "api"
"""
AT = "systems.s.environments.e.services.api"


def read(tmp_path: Path, text: str) -> ServiceSettings:
    path = tmp_path / "config.toml"
    path.write_text(f"{SERVICE}{text}", encoding="utf-8")
    return load(path).service(Address("s", "e", "api"))


STEPS = """
[[{at}steps]]
name = "log in"
method = "POST"
path = "/login"
does = "reads"
json = {{ password = "${{password}}" }}
capture = {{ token = "accessToken" }}
limit = "3s"

[[{at}steps]]
name = "create"
method = "POST"
path = "/plans"
headers = {{ Authorization = "Bearer ${{token}}" }}
expect_status = 201
expect = ["id"]
within = "1s"
fatal = false
"""
HEAD = """
base = "https://api.example/v1/"
variables = { email = "a@b.example" }
secrets = { password = "env:PASSWORD" }
"""
WANTED = SmokeSequence(
    "https://api.example/v1",
    (
        SmokeStep(
            "log in",
            "POST",
            "/login",
            json={"password": "${password}"},
            capture={"token": "accessToken"},
            limit=timedelta(seconds=3),
        ),
        SmokeStep(
            "create",
            "POST",
            "/plans",
            {"Authorization": "Bearer ${token}"},
            expect_status=(201,),
            expect=("id",),
            writes=True,
            within=timedelta(seconds=1),
            fatal=False,
        ),
    ),
    {"email": "a@b.example"},
    {"password": "env:PASSWORD"},
)


def test_a_smoke_sequence_arrives_whole(tmp_path: Path) -> None:
    """A POST writes unless it says that it reads."""
    assert read(tmp_path, f"[{AT}.smoke]{HEAD}{STEPS.format(at=f'{AT}.smoke.')}").smoke == WANTED
    assert WANTED.reading.steps == WANTED.steps[:1]


def test_a_smoke_sequence_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "smoke.toml").write_text(HEAD + STEPS.format(at=""), encoding="utf-8")
    assert read(tmp_path, f'[{AT}.smoke]\nfile = "smoke.toml"\n').smoke == WANTED


def test_the_other_tables_arrive_whole(tmp_path: Path) -> None:
    service = read(
        tmp_path,
        f"""
[{AT}.validate]
error_percent = 0.5
p95 = "0.2s"
p99 = "0.5s"
cpu_percent = 70
log_errors = 3
sentry_errors = 20
[{AT}.database]
name = "db"
repoint = "its record"
security_groups = ["sg-1"]
backup = "03:00-04:00"
maintenance = "Sun 04:00-05:00"
[{AT}.migration]
definition = "api-migration"
container = "migration"
command = ["npm", "run", "migrate"]
verify = ["npm", "run", "verify"]
reverse = ["npm", "run", "down"]
[{AT}.health_words]
status = "state"
ok = ["Green"]
dependencies = {{ search = "checks.es" }}
""",
    )
    assert service.validate == ValidateSettings(
        0.005, timedelta(seconds=0.2), timedelta(seconds=0.5), 70, 3, 20
    )
    assert service.database == DatabaseSettings(
        "db", "its record", ("sg-1",), window("03:00-04:00"), window("Sun 04:00-05:00")
    )
    npm = ("npm", "run")
    assert service.migration == MigrationSettings(
        "api-migration", "migration", (*npm, "migrate"), (*npm, "verify"), (*npm, "down")
    )
    words = service.health_words
    assert (words.status, words.ok, dict(words.dependencies)) == (
        "state",
        ("green",),
        {"search": "checks.es"},
    )


def test_without_tables_nothing_is_tried_and_little_is_asked(tmp_path: Path) -> None:
    service = read(tmp_path, "")
    assert (service.smoke, service.database, service.migration) == (None, None, None)
    assert service.validate == ValidateSettings()


STEP = '[[{at}.smoke.steps]]\nname = "one"\n'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[{at}.smoke]\nsteps = [{{ name = "one" }}]', "smoke.base is missing"),
        ('[{at}.smoke]\nbase = "https://a.example"', "smoke.steps has no step"),
        ('[{at}.smoke]\nbase = "ftp://a"\n' + STEP, "smoke.base is 'ftp://a', not an http"),
        ('[{at}.smoke]\nfile = "nowhere.toml"', "smoke.file names"),
        (
            '[{at}.smoke]\nbase = "https://a.example"\nsecrets = {{ p = "hunter2" }}\n' + STEP,
            "smoke.secrets.p is no reference",
        ),
        ('[{at}.smoke]\nbase = "https://a.example"\n' + STEP + 'method = "BREW"', "method is 'BREW'"),
        ('[{at}.smoke]\nbase = "https://a.example"\n' + STEP + 'expect = ["a ="]', "which is no JMESPath"),
        ('[{at}.smoke]\nbase = "https://a.example"\n' + STEP + 'limit = "2m"', "limit is not within 60 s"),
        (
            '[{at}.smoke]\nbase = "https://a.example"\n' + STEP + 'expected = ["a"]',
            "expected is not a setting",
        ),
        ('[{at}.database]\nname = "db"\nbackup = "3 am"', "database.backup is '3 am', not a window"),
        ('[{at}.database]\nrepoint = "x"', "database.name is missing"),
        ('[{at}.migration]\ncommand = ["x"]', "migration.definition is missing"),
        ("[{at}.validate]\nerror_percent = 101", "validate.error_percent is"),
    ],
)
def test_a_mistake_is_named_with_its_path_and_without_a_secret(
    tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text.format(at=AT))
    assert problem in refused.value.message
    assert AT in refused.value.message
    assert "hunter2" not in str(refused.value)
