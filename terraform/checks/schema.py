"""Compares the Terraform files with the AWS provider's schema, where the provider itself cannot be had.

`terraform validate` needs the provider, which comes from its own registry only. The bindings that HashiCorp generated
from the provider's schema are a Python package, and hold the same names: per resource its arguments, which of them are
required, its nested blocks, and the attributes that it exports. What they do not hold: values that are allowed,
arguments that exclude each other, and what came after them (NEWER).

usage: schema.py BINDINGS.whl FOLDER...
"""

import ast
import pathlib
import re
import sys
import zipfile

import hcl2

PACKAGE = "cdktf_cdktf_provider_aws"

# Arguments that came after the bindings (provider 6.25), with the provider version that the module asks for in turn.
NEWER = {("aws_lambda_permission", "invoked_via_function_url"): "6.29"}

META = {"count", "for_each", "depends_on", "lifecycle", "provider", "provisioner", "connection", "__start_line__", "__end_line__"}


class Bindings:
    """The generated classes, read without being run."""

    def __init__(self, wheel):
        self.wheel = zipfile.ZipFile(wheel)
        self.modules = {}

    def module(self, name):
        """name -> {class: (arguments, required, blocks, attributes)}"""
        if name not in self.modules:
            source = self.wheel.read(f"{PACKAGE}/{name}/__init__.py").decode()
            self.modules[name] = {c.name: self._class(c) for c in ast.parse(source).body if isinstance(c, ast.ClassDef)}
        return self.modules[name]

    @staticmethod
    def _class(node):
        arguments, required, blocks, attributes = set(), set(), {}, set()
        for item in node.body:
            if not isinstance(item, ast.FunctionDef):
                continue
            if any(isinstance(d, ast.Name) and d.id == "builtins" or "property" in ast.unparse(d) for d in item.decorator_list):
                attributes.add(item.name.rstrip("_"))
            if item.name == "__init__":
                for argument, default in zip(item.args.kwonlyargs, item.args.kw_defaults):
                    name = argument.arg.rstrip("_")
                    arguments.add(name)
                    if default is None:
                        required.add(name)
                    for nested in re.findall(rf"\b({node.name.removesuffix('Config')}[A-Z]\w+)", ast.unparse(argument.annotation)):
                        blocks[name] = nested
        return arguments, required, blocks, attributes


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


def unwrap(value):
    return value[0] if isinstance(value, list) and len(value) == 1 else value


class Check:
    def __init__(self, bindings):
        self.bindings, self.problems, self.seen, self.kinds = bindings, [], 0, set()

    def block(self, where, kind, body, module, class_name):
        arguments, required, blocks, _ = module[class_name]
        given = {}
        for name, value in body.items():
            if name == "dynamic":
                for dynamic in value:
                    for block, content in dynamic.items():
                        given.setdefault(block, []).extend(content["content"])
            elif name not in META:
                given.setdefault(name, []).extend(value if isinstance(value, list) else [value])
        for name, values in given.items():
            self.seen += 1
            if (kind, name) in NEWER:
                continue
            if name not in arguments:
                self.problems.append(f"{where}: {kind} has no argument {name}")
            elif name in blocks:
                for value in values:
                    if isinstance(unwrap(value), dict):
                        self.block(f"{where}.{name}", kind, unwrap(value), module, blocks[name])
        for name in sorted(required - set(given) - META):
            self.problems.append(f"{where}: {kind} needs {name}")

    def file(self, path):
        text = path.read_text()
        body = hcl2.loads(text)
        for keyword, prefix in (("resource", ""), ("data", "data_aws_")):
            for entry in body.get(keyword, []):
                for kind, named in entry.items():
                    if not kind.startswith("aws_"):
                        continue
                    module_name = prefix + kind.removeprefix("aws_")
                    module = self.bindings.module(module_name)
                    self.kinds.add(kind)
                    for name, content in named.items():
                        self.block(f"{path}: {kind}.{name}", kind, content, module, camel(module_name) + "Config")
        for data, kind, name, attribute in re.findall(r"(data\.)?\baws_(\w+)\.(\w+)(?:\[\w+\])?\.([a-z_]\w*)", text):
            module_name = ("data_aws_" if data else "") + kind
            self.seen += 1
            _, _, _, attributes = self.bindings.module(module_name)[camel(module_name)]
            if attribute not in attributes:
                self.problems.append(f"{path}: {data}aws_{kind}.{name} exports no {attribute}")


def main():
    check = Check(Bindings(sys.argv[1]))
    for folder in sys.argv[2:]:
        for path in sorted(pathlib.Path(folder).rglob("*.tf")):
            check.file(path)
    for problem in check.problems:
        print(problem)
    if check.seen == 0:
        sys.exit("schema: nothing was compared")
    print(f"schema: {check.seen} arguments and references of {len(check.kinds)} kinds compared, {len(check.problems)} unknown or missing")
    sys.exit(1 if check.problems else 0)


if __name__ == "__main__":
    main()
