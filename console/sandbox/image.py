"""Container images as a registry holds them: manifests, digests, platforms.

Every pushed image is an OCI index with one platform in it, so that a client can learn for what it
was built without pulling it. A digest is the SHA-256 of the manifest's bytes, as in any registry.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


@dataclass
class Image:
    """One manifest; its digest never changes, its tags come and go."""

    repository: str
    digest: str
    tags: list[str]
    pushed_at: float
    """Epoch seconds."""
    behaviour: str
    """Name in :data:`console.sandbox.behaviour.BEHAVIOURS`."""
    platform: str = "linux/amd64"
    manifest: str = ""
    """The document whose SHA-256 is the digest."""
    media_type: str = INDEX
    size: int = 0
    """Bytes of its layers, compressed."""
    name: str = ""
    """What it was built as, the first tag that it was pushed with; the program inside says so too."""


def build(repository: str, name: str, salt: int, pushed_at: float, behaviour: str, platform: str) -> Image:
    """The manifest of one platform.

    Args:
        name: What makes this build differ from every other one of the repository.
        salt: Changes every digest that is not shared by a whole repository.
    """
    seed = f"{repository}:{name}:{platform}:{salt}"
    layers = [_layer(f"{repository}:{platform}:base", 29_412_775), _layer(f"{seed}:app", 61_208_431)]
    manifest = _document(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": sha256(f"{seed}:config"), "size": 7_023},
            "layers": layers,
        }
    )
    size = sum(int(layer["size"]) for layer in layers)
    return Image(
        repository, sha256(manifest), [], pushed_at, behaviour, platform, manifest, MANIFEST, size, name
    )


def index(child: Image) -> Image:
    """The index that names one platform's manifest; what a tag stands on."""
    system, _, architecture = child.platform.partition("/")
    entry = {
        "mediaType": MANIFEST,
        "digest": child.digest,
        "size": len(child.manifest),
        "platform": {"architecture": architecture, "os": system},
    }
    return wrapped(child, _document({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}))


def wrapped(child: Image, manifest: str) -> Image:
    """An image whose manifest is an index over that child."""
    return Image(
        repository=child.repository,
        digest=sha256(manifest),
        tags=[],
        pushed_at=child.pushed_at,
        behaviour=child.behaviour,
        platform=child.platform,
        manifest=manifest,
        media_type=INDEX,
        size=child.size,
        name=child.name,
    )


def sha256(text: str) -> str:
    """``sha256:…`` of a text, as registries write it."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _layer(seed: str, size: int) -> dict[str, Any]:
    digest = sha256(seed)
    return {"mediaType": LAYER, "digest": digest, "size": size + int(digest[-4:], 16)}


def _document(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2)
