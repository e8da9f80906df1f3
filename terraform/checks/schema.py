"""The AWS provider's schema, as far as the Terraform files use it, for the stand-in provider beside this file.

The provider comes from Terraform's own registry only. The bindings that the CDK Terrain project generates from its schema are a Python
package and hold the same names: per resource its arguments, which are required, their types, its blocks, and what
it exports. They do not hold which values are allowed, which arguments exclude each other, or what is deprecated.

usage: schema.py BINDINGS.whl FOLDER... > schema.json
"""

import ast
import json
import pathlib
import re
import sys
import zipfile

PACKAGE = "cdktn_provider_aws"

META = {"connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioners", "self"}

TYPES = {
    "builtins.str": "string",
    "jsii.Number": "number",
    "builtins.bool": "bool",
    "typing.Sequence[builtins.str]": "list(string)",
    "typing.List[builtins.str]": "list(string)",
    "typing.Sequence[jsii.Number]": "list(number)",
    "typing.List[jsii.Number]": "list(number)",
    "typing.Mapping[builtins.str, builtins.str]": "map(string)",
    "_cdktn_78ede62e.StringMap": "map(string)",
}


def plain(annotation):
    """The type in an annotation, without what only the bindings need."""
    text = ast.unparse(annotation).replace("'", "").replace('"', "")
    text = re.sub(r"_cdktn_\w+\.IResolvable,? ?", "", text)
    while match := re.fullmatch(r"typing\.(?:Optional|Union)\[(.*?),? ?\]", text):
        text = match.group(1)
    return TYPES.get(text)


class Module:
    """One generated module, read without being run."""

    def __init__(self, wheel, name):
        tree = ast.parse(wheel.read(f"{PACKAGE}/{name}/__init__.py").decode())
        self.classes = {c.name: c for c in tree.body if isinstance(c, ast.ClassDef)}

    def members(self, class_name, keep):
        return [item for item in self.classes[class_name].body if isinstance(item, ast.FunctionDef) and keep(item)]

    def block(self, class_name):
        (init,) = self.members(class_name, lambda item: item.name == "__init__")
        attributes, blocks = [], []
        for argument, default in zip(init.args.kwonlyargs, init.args.kw_defaults):
            name, required = argument.arg.rstrip("_"), default is None
            text = ast.unparse(argument.annotation)
            # The longest first: one name may begin another.
            nested = [c for c in sorted(self.classes, key=len, reverse=True) if re.search(rf"\b{c}\b", text)]
            if name in META:
                continue
            if nested:
                single = "Sequence" not in text
                blocks.append({"name": name, "single": single, "required": required, "block": self.block(nested[0])})
            else:
                kind = plain(argument.annotation)
                attributes.append({"name": name, "type": kind or "any", "required": required, "computed": not required and kind is not None})
        return {"attributes": attributes, "blocks": blocks}

    def exports(self, class_name):
        properties = self.members(class_name, lambda item: any("builtins.property" in ast.unparse(d) for d in item.decorator_list))
        for item in properties:
            kind = plain(item.returns) if item.returns else None
            if kind and not item.name.endswith("_input"):
                yield {"name": item.name.rstrip("_"), "type": kind, "required": False, "computed": True}


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


def resource(wheel, kind, prefix):
    name = prefix + kind.removeprefix("aws_")
    module = Module(wheel, name)
    block = module.block(camel(name) + "Config")
    known = {entry["name"] for entry in block["attributes"] + block["blocks"]}
    block["attributes"] += [entry for entry in module.exports(camel(name)) if entry["name"] not in known]
    return block


def main():
    wheel = zipfile.ZipFile(sys.argv[1])
    kinds = {"resource": set(), "data": set()}
    for folder in sys.argv[2:]:
        for path in pathlib.Path(folder).glob("*.tf"):
            for keyword, kind in re.findall(r'(?m)^(resource|data) "(aws_\w+)"', path.read_text()):
                kinds[keyword].add(kind)
    json.dump(
        {
            "provider": Module(wheel, "provider").block("AwsProviderConfig"),
            "resources": {kind: resource(wheel, kind, "") for kind in sorted(kinds["resource"])},
            "data_sources": {kind: resource(wheel, kind, "data_aws_") for kind in sorted(kinds["data"])},
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
