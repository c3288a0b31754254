"""What a vendor published of its API -> a judge of exchanges: each request of a loader and each answer of the demo company.

OpenAPI by openapi-core, Google's discovery documents and Slack's Swagger by the JSON schemas in them, Meta's lists of fields and edges. An exchange is (method, path, query, headers, status, body, body of the request).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import yaml
from jsonschema import Draft4Validator, Draft202012Validator

from simulator.apis.graph import parsed


@dataclass(frozen=True)
class Exchange:
    """One request as it was sent, and its answer."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    status: int
    content: bytes
    asked: bytes = b""  # body of the request


Judge = Callable[[Exchange], list[str]]


def openapi(path: Path, base: str, prepare: Callable[[dict[str, Any]], None] = lambda spec: None) -> Judge:
    """A judge by an OpenAPI description; skips the test where it is not there."""
    if not path.exists():
        pytest.skip(f"the published description is not there: {path}")
    from openapi_core import Config, OpenAPI
    from openapi_core.testing import MockRequest, MockResponse
    from werkzeug.datastructures import ImmutableMultiDict

    text = path.read_text(encoding="utf-8")
    spec = yaml.load(text, yaml.CSafeLoader) if path.suffix == ".yaml" else json.loads(text)
    for operations in spec["paths"].values():
        for operation in operations.values():
            if isinstance(operation, dict):
                operation.pop("security", None)  # who asks is a matter of the loader's own tests
    prepare(spec)
    api = OpenAPI.from_dict(spec, config=Config(spec_validator_cls=None))  # type: ignore[arg-type]

    def judge(exchange: Exchange) -> list[str]:
        args = ImmutableMultiDict(parse_qsl(exchange.query))
        headers, asked = dict(exchange.headers), exchange.asked or None
        request = MockRequest(base, exchange.method.lower(), exchange.path, args=args, headers=headers, data=asked)
        response = MockResponse(exchange.content, status_code=exchange.status, content_type="application/json")
        try:
            errors = [*api.iter_request_errors(request), *api.iter_response_errors(request, response)]
        except Exception as fault:
            return [f"{exchange.path}: {type(fault).__name__}: {fault}"]
        return [f"{exchange.path}: {error!r} {error.__cause__!r}"[:600] for error in errors]

    return judge


def closed(schema: Any) -> Any:
    """A schema whose objects have the fields that it names and no others: what nobody described is no field."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(value) for name, value in schema.items()}
    return made | {"additionalProperties": False} if isinstance(made.get("properties"), dict) and "type" in made else made


def discovery(path: Path, prefix: str) -> Judge:
    """A judge by one of Google's discovery documents: known method, known and complete parameters, answers by its schemas."""
    document = json.loads(path.read_text(encoding="utf-8"))
    schemas = {"$defs": {name: _json_schema(schema) for name, schema in document["schemas"].items()}}
    methods = {}
    waiting = list(document["resources"].values())
    while waiting:
        resource = waiting.pop()
        waiting += resource.get("resources", {}).values()
        for method in resource.get("methods", {}).values():
            methods[method["httpMethod"], prefix + method["path"].removeprefix(prefix)] = method
    everywhere = set(document["parameters"])

    def judge(exchange: Exchange) -> list[str]:
        method = methods.get((exchange.method, exchange.path.removeprefix("/")))
        if method is None:
            return [f"there is no {exchange.method} {exchange.path}"]
        given = dict(parse_qsl(exchange.query))
        declared = method["parameters"]
        errors = [f"{exchange.path}: {name} is no parameter" for name in given if name not in declared and name not in everywhere]
        for name, about in declared.items():
            if about.get("required") and name not in given:
                errors.append(f"{exchange.path}: {name} is missing")
            if (
                name in given
                and about.get("type") == "integer"
                and not int(about.get("minimum", 0)) <= int(given[name]) <= int(about.get("maximum", 2**31))
            ):
                errors.append(f"{exchange.path}: {name} is out of bounds")
            if name in given and about.get("enum") and given[name] not in about["enum"]:
                errors.append(f"{exchange.path}: {name} is {given[name]}")
        if exchange.status == 200:
            validator = Draft202012Validator({"$ref": f"#/$defs/{method['response']['$ref']}", **schemas})
            errors += [
                f"{exchange.path}: {error.json_path} {error.message}"[:300] for error in validator.iter_errors(json.loads(exchange.content))
            ]
        return errors

    return judge


def swagger(path: Path, prefix: str) -> Judge:
    """A judge by Slack's archived Swagger: known method and parameters, answers by its schemas, where fields added since do not count."""
    if not path.exists():
        pytest.skip(f"the published description is not there: {path}")
    document = json.loads(path.read_text(encoding="utf-8"))
    schemas = {"definitions": {name: _loosened(schema) for name, schema in document["definitions"].items()}}

    def judge(exchange: Exchange) -> list[str]:
        operation = document["paths"].get(exchange.path.removeprefix(prefix), {}).get(exchange.method.lower())
        if operation is None:
            return [f"there is no {exchange.method} {exchange.path}"]
        declared = {about["name"]: about for about in operation["parameters"]}
        given = dict(parse_qsl(exchange.query))
        errors = [f"{exchange.path}: {name} is no parameter" for name in given if name not in declared]
        errors += [
            f"{exchange.path}: {name} is missing"
            for name, about in declared.items()
            if about.get("required") and name != "token" and name not in given
        ]
        is_ok = json.loads(exchange.content).get("ok") is True
        schema = _loosened(operation["responses"]["200" if is_ok else "default"]["schema"])
        found = Draft4Validator({**schema, **schemas}).iter_errors(json.loads(exchange.content))
        return errors + [f"{exchange.path}: {list(error.absolute_path)} {error.message}"[:300] for error in found]

    return judge


def _loosened(schema: Any) -> Any:
    """Slack's own dialect as JSON Schema: a list of `items` means any of them, without a type of the value itself; old lists of fields are not whole."""
    if isinstance(schema, list):
        return [_loosened(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _loosened(value) for name, value in schema.items() if name not in ("additionalProperties", "minItems", "uniqueItems")}
    if isinstance(made.get("items"), list):
        any_of = {"anyOf": made.pop("items")}
        made = {**made, "items": any_of} if made.get("type") == "array" else {**made, **any_of}
    return made


def _json_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Discovery's own words as JSON Schema: whole numbers of 64 bits are texts, and an object has the fields it names and no others."""
    made: dict[str, Any] = {name: schema[name] for name in ("enum",) if name in schema and schema.get("type") == "string"}
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    kind = schema.get("type")
    if kind and kind != "any":
        made["type"] = kind
    if "properties" in schema:
        made["properties"] = {name: _json_schema(inner) for name, inner in schema["properties"].items()}
        made["additionalProperties"] = False
    elif "additionalProperties" in schema:
        made["additionalProperties"] = _json_schema(schema["additionalProperties"])
    if "items" in schema:
        made["items"] = _json_schema(schema["items"])
    return made


def graph(folder: Path, lists: Mapping[str, str], objects: tuple[str, ...]) -> Judge:
    """A judge by Meta's own lists of fields and edges: `lists` name the kind of each list that is asked for, `objects` those asked by id."""
    if not folder.exists():
        pytest.skip(f"the published description is not there: {folder}")
    specs = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}
    fields = {kind: {field["name"]: field["type"] for field in spec["fields"]} for kind, spec in specs.items()}
    edges = {
        kind: {edge["endpoint"].strip("/"): edge["return"] for edge in spec["apis"] if edge["method"] == "GET" and edge.get("endpoint")}
        for kind, spec in specs.items()
    }
    for kind, spec in specs.items():
        edges[kind] |= {edge["name"].strip("/"): edge["return"] for edge in spec["apis"] if edge["method"] == "GET" and edge.get("name")}

    def unknown(kind: str, value: Any) -> list[str]:
        """Names in an object that its kind does not have, and in what hangs on it."""
        errors = []
        for name, inner in value.items():
            kind_of = edges[kind].get(name) or fields[kind].get(name)
            if kind_of is None:
                errors.append(f"{kind} has no {name}")
            for each in inner.get("data", [inner]) if isinstance(inner, dict) else []:
                errors += unknown(kind_of, each) if kind_of in specs else []
        return errors

    def asked(kinds: tuple[str, ...], text: str) -> list[str]:
        errors = []
        for field in parsed(text):
            found = [edges[kind].get(field.name) or fields[kind].get(field.name) for kind in kinds]
            if not any(found):
                errors.append(f"{kinds} have no {field.name}")
            inner = tuple(kind for kind in found if kind in specs)
            if inner and field.inner:
                errors += [error for one in field.inner for error in asked(inner, one.name)]
        return errors

    def judge(exchange: Exchange) -> list[str]:
        given, last = dict(parse_qsl(exchange.query)), exchange.path.rpartition("/")[2]
        kinds = (lists[last],) if last in lists else objects
        errors = asked(kinds, given["fields"]) if "fields" in given else []
        if exchange.status != 200:
            return errors
        body = json.loads(exchange.content)
        found = body["data"] if last in lists else list(body.values()) if "ids" in given else [body]
        for value in found:
            errors += min((unknown(kind, value) for kind in kinds), key=len)
        return errors

    return judge
