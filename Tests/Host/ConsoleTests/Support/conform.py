"""Checks an OpenAPI document against answers: reads {"document", "exchanges"} and prints what does not fit."""

import json
import sys

from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate

case = json.load(sys.stdin)
document = json.loads(case["document"])
faults = []

try:
    validate(document)
except Exception as error:  # any of a validator's many
    faults.append(f"the document is not valid: {error}")


def strict(schema):
    """A member that no schema names is a fault here, though clients must bear it."""
    if isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for value in schema.values():
            strict(value)
    elif isinstance(schema, list):
        for value in schema:
            strict(value)


strict(document["components"]["schemas"])
declared = {
    (path, method, status)
    for path, item in document["paths"].items()
    for method, operation in item.items()
    for status in operation["responses"]
}
seen = set()
for exchange in case["exchanges"]:
    path, method, status = exchange["path"], exchange["method"], str(exchange["status"])
    where = f"{method.upper()} {path} {status}"
    if (path, method, status) not in declared:
        faults.append(f"{where}: not in the document: {exchange['body'][:200]}")
        continue
    seen.add((path, method, status))
    response = document["paths"][path][method]["responses"][status]
    media = exchange["type"].split(";")[0]
    content = response.get("content", {})
    if not content:
        if exchange["body"]:
            faults.append(f"{where}: has a body")
        continue
    if media not in content:
        faults.append(f"{where}: is {media}, not one of {list(content)}")
        continue
    body = json.loads(exchange["body"]) if media.endswith("json") else exchange["body"]
    schema = {**content[media]["schema"], "components": document["components"]}
    for error in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(body):
        faults.append(f"{where}: {'/'.join(map(str, error.absolute_path))}: {error.message}")

for path, method, status in sorted(declared - seen):
    faults.append(f"{method.upper()} {path} {status}: in the document, but never seen")
for exchange in case["exchanges"]:
    allowed = {word.strip().lower() for word in (exchange.get("allow") or "get, head, options").split(",")}
    methods = set(document["paths"].get(exchange["path"], {}))
    if allowed - {"head", "options"} != methods:
        faults.append(f"{exchange['path']}: allows {sorted(allowed)}, the document {sorted(methods)}")

print("\n".join(sorted(set(faults))))
sys.exit(1 if faults else 0)
