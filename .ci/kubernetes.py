"""Checks manifests against the schemas of custom resources: kubernetes.py FOLDER SCHEMA..."""

import copy
import pathlib
import sys

import jsonschema
import yaml

PLAIN = {"ConfigMap", "PersistentVolumeClaim", "Job"}  # Kubernetes' own


def strict(schema):
    """The same schema, in which a field that it does not know is a mistake."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    stricter = {key: strict(value) for key, value in schema.items()}
    if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        stricter.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        stricter.pop("type", None)
    return stricter


def schemas(files):
    """Schemas by apiVersion and kind."""
    found = {}
    for file in files:
        definition = yaml.safe_load(pathlib.Path(file).read_text("utf-8"))["spec"]
        kind = definition["names"]["kind"]
        for version in definition["versions"]:
            schema = strict(version["schema"]["openAPIV3Schema"])
            for common in ("apiVersion", "kind"):
                schema["properties"][common] = {"type": "string"}
            schema["properties"]["metadata"] = {"type": "object"}
            found[f"{definition['group']}/{version['name']}", kind] = schema
    return found


def merged(document, patch):
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    result = copy.deepcopy(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        result[key] = merged(result.get(key), value)
    return result


def main(folder, *files):
    known = schemas(files)
    # The newest Strimzi on Maven Central whose schemas can be made is older than its v1, which has the same fields here.
    for kind in ("KafkaTopic", "KafkaUser"):
        known["kafka.strimzi.io/v1", kind] = known["kafka.strimzi.io/v1beta2", kind]
    # The operator on Maven Central is older than this Flink: its list of versions is all that it lacks.
    flink = known["flink.apache.org/v1beta1", "FlinkDeployment"]["properties"]["spec"]["properties"]
    flink["flinkVersion"] = {"type": "string", "pattern": "^v[0-9]+_[0-9]+$"}
    documents = []
    for file in sorted(pathlib.Path(folder).glob("*.yaml")):
        if ".patch." not in file.name:
            documents += [(file.name, document) for document in yaml.safe_load_all(file.read_text("utf-8"))]
    for file in sorted(pathlib.Path(folder).glob("*.patch.yaml")):
        base = file.name.split("-")[0] + ".yaml"
        document = next(document for name, document in documents if name == base)
        documents.append((file.name, merged(document, yaml.safe_load(file.read_text("utf-8")))))
    mistakes = checked = 0
    for name, document in documents:
        if document["kind"] in PLAIN:
            continue
        schema = known[document["apiVersion"], document["kind"]]
        for error in jsonschema.Draft7Validator(schema).iter_errors(document):
            place = "/".join(str(part) for part in error.absolute_path)
            print(f"{name}: {document['kind']} {document['metadata']['name']}: {place}: {error.message[:300]}")
            mistakes += 1
        checked += 1
    print(f"{checked} custom resources checked, {mistakes} mistakes")
    return 1 if mistakes or not checked else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
