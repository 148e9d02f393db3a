"""Fields of objects that Kubernetes does not know, as its strict validation finds them.

Kubernetes' own kinds are compared with the classes of its Python client, a RayService with the
schema of its CRD, which `KUBERAY_MANIFEST` (a file) contains, and an HTTPRoute with that in the
file `GATEWAY_API_MANIFEST`.
"""

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import models

MANIFESTS = {
    "ray.io": Path(os.environ.get("KUBERAY_MANIFEST", "")),
    "gateway.networking.k8s.io": Path(os.environ.get("GATEWAY_API_MANIFEST", "")),
}
"""Files with the CRDs of a group."""
SCALARS = {"str": str, "int": int, "bool": bool, "datetime": str}

needs_crds = pytest.mark.skipif(
    not MANIFESTS["ray.io"].is_file(), reason="KUBERAY_MANIFEST names no file with the CRDs"
)
needs_gateway_crds = pytest.mark.skipif(
    not MANIFESTS["gateway.networking.k8s.io"].is_file(),
    reason="GATEWAY_API_MANIFEST names no file with the CRDs",
)


def faults(made: Mapping[str, Any]) -> list[str]:
    """The paths of fields of this object that are unknown or of another type."""
    group = made["apiVersion"].rpartition("/")[0]
    if group in MANIFESTS:
        return sorted(_by_schema(made, crd(group, made["kind"]), made["kind"]))
    version = made["apiVersion"].split("/")[-1].capitalize()
    return sorted(_by_type(made, f"{version}{made['kind']}", made["kind"]))


def _by_type(given: Any, kind: str, path: str) -> Iterator[str]:
    """Faults of a value whose type the client calls `kind`."""
    outer, inner = _parsed(kind)
    if outer == "List":
        yield from _wrong(given, list, path)
        for at, item in enumerate(given if isinstance(given, list) else ()):
            yield from _by_type(item, inner, f"{path}[{at}]")
    elif outer == "Dict":
        yield from _wrong(given, dict, path)
        for key, item in given.items() if isinstance(given, dict) else ():
            yield from _by_type(item, inner, f"{path}.{key}")
    elif hasattr(models, kind):
        yield from _by_model(given, getattr(models, kind), path)
    elif kind in SCALARS:
        yield from _wrong(given, SCALARS[kind], path)


def _parsed(kind: str) -> tuple[str, str]:
    found = re.fullmatch(r"(List|Dict)\[(?:str, )?(.+)\]", kind)
    return (found[1], found[2]) if found else ("", "")


def _by_model(given: Any, model: Any, path: str) -> Iterator[str]:
    yield from _wrong(given, dict, path)
    names = {name: attribute for attribute, name in model.attribute_map.items()}
    for key, item in given.items() if isinstance(given, dict) else ():
        if key in names:
            yield from _by_type(item, model.openapi_types[names[key]], f"{path}.{key}")
        else:
            yield f"{path}.{key} is unknown"


def _wrong(given: Any, kind: type, path: str) -> Iterator[str]:
    is_kind = isinstance(given, kind) and not (kind is int and isinstance(given, bool))
    if not is_kind:
        yield f"{path} is not {kind.__name__}"


@cache
def crd(group: str, kind: str) -> Mapping[str, Any]:
    """The schema of a kind of a group that is not Kubernetes' own."""
    documents = MANIFESTS[group].read_text("utf-8").split("\n---\n")
    (text,) = [text for text in documents if re.search(rf"^    kind: {kind}$", text, re.MULTILINE)]
    versions = yaml.load(text, yaml.CSafeLoader)["spec"]["versions"]
    (schema,) = [v["schema"]["openAPIV3Schema"] for v in versions if v["name"] == "v1"]
    return dict(schema)


def _by_schema(given: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    """Faults of a value by a structural schema of OpenAPI."""
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    if schema.get("x-kubernetes-int-or-string"):
        return
    yield from _wrong(given, kinds.get(schema.get("type", ""), object), path)
    if "enum" in schema and given not in schema["enum"]:
        yield f"{path} is none of {schema['enum']}"
    for at, item in enumerate(given if isinstance(given, list) else ()):
        yield from _by_schema(item, schema["items"], f"{path}[{at}]")
    for name in schema.get("required", ()):
        if isinstance(given, dict) and name not in given:
            yield f"{path}.{name} is missing"
    for key, item in given.items() if isinstance(given, dict) else ():
        yield from _by_key(key, item, schema, f"{path}.{key}")


def _by_key(key: str, item: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    known = schema.get("properties", {})
    others = schema.get("additionalProperties")
    if key in known:
        yield from _by_schema(item, known[key], path)
    elif isinstance(others, dict):
        yield from _by_schema(item, others, path)
    elif known and not schema.get("x-kubernetes-preserve-unknown-fields"):
        yield f"{path} is unknown"
