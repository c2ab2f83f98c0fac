"""AWS's own descriptions of its services, as botocore ships them: read once for the whole process, and
without what the console never asks of them. Whole, and once for each account, they took more memory
than everything that is known of a thousand services.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.aws.guard import READS

if TYPE_CHECKING:
    from botocore.loaders import Loader

ONLY_READ = ("ec2", "iam")
"""Large services of which a few operations are read and none is written: the others are left out."""
_MODEL = "service-2"


@cache
def loader() -> "Loader":
    """The loader that every session shares; to be used under the sessions' lock, like they."""
    from botocore.loaders import Loader

    return Loader(file_loader=Slim(), include_default_search_paths=True)


class Slim:
    """Implements what botocore's loader wants of a file loader: descriptions without their prose."""

    def exists(self, file_path: str) -> bool:
        """Whether there is such a file; named without its ending, as botocore does."""
        return Path(f"{file_path}.json").is_file() or Path(f"{file_path}.json.gz").is_file()

    def load_file(self, file_path: str) -> dict[str, Any] | None:
        """What the file says; ``None`` where there is none."""
        plain, packed = Path(f"{file_path}.json"), Path(f"{file_path}.json.gz")
        if plain.is_file():
            text = plain.read_bytes()
        elif packed.is_file():
            text = gzip.decompress(packed.read_bytes())
        else:
            return None
        found: dict[str, Any] = json.loads(text, object_hook=_without_prose)
        service = plain.parent.parent.name
        return _only_read(service, found) if plain.stem == _MODEL and service in ONLY_READ else found


def _without_prose(item: dict[str, Any]) -> dict[str, Any]:
    if isinstance(item.get("documentation"), str):
        del item["documentation"]
    return item


def _only_read(service: str, model: dict[str, Any]) -> dict[str, Any]:
    """The operations that the console reads, and the shapes that these are made of."""
    operations = {name: item for name, item in model["operations"].items() if f"{service}.{name}" in READS}
    shapes, wanted = {}, list(_named(operations))
    while wanted:
        name = wanted.pop()
        if name not in shapes:
            shapes[name] = model["shapes"][name]
            wanted += _named(shapes[name])
    return {**model, "operations": operations, "shapes": shapes}


def _named(item: object) -> Iterator[str]:
    """The names of the shapes that something refers to."""
    if isinstance(item, Mapping):
        for key, value in item.items():
            if key == "shape" and isinstance(value, str):
                yield value
            else:
                yield from _named(value)
    elif isinstance(item, list):
        for value in item:
            yield from _named(value)
