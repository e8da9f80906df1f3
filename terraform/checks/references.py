"""Finds references to nothing: variables, locals, resources and outputs that are not declared, and module calls that do
not fit the module they call. `terraform validate` does this and more, but needs the provider; this needs the text only.

usage: references.py FOLDER...
"""

import pathlib
import re
import sys

import hcl2


def folder_of(path):
    body = {"variable": {}, "output": set(), "locals": set(), "module": {}, "address": set(), "text": ""}
    for file in sorted(path.glob("*.tf")):
        text = file.read_text()
        # Comments and the text of messages hold names too, but no references; templates inside messages do.
        body["text"] += re.sub(r"(?m)(^|\s)#.*$", "", text)
        parsed = hcl2.loads(text)
        for entry in parsed.get("variable", []):
            body["variable"].update(entry)
        for entry in parsed.get("output", []):
            body["output"].update(entry)
        for entry in parsed.get("locals", []):
            body["locals"].update(entry)
        for entry in parsed.get("module", []):
            body["module"].update(entry)
        for keyword, prefix in (("resource", ""), ("data", "data.")):
            for entry in parsed.get(keyword, []):
                for kind, named in entry.items():
                    body["address"].update(f"{prefix}{kind}.{name}" for name in named)
    return body


def problems_of(path):
    here = folder_of(path)
    text, found = here["text"], 0
    for pattern, declared, what in (
        (r"(?<![\w.])var\.(\w+)", here["variable"], "variable"),
        (r"(?<![\w.])local\.(\w+)", here["locals"], "local"),
        (r"(?<![\w.])((?:data\.)?aws_\w+\.\w+)", here["address"], "resource"),
    ):
        for name in sorted(set(re.findall(pattern, text))):
            found += 1
            if name not in declared:
                yield f"{path}: {what} {name} is not declared"
    for name, call in here["module"].items():
        source = call["source"]
        called = folder_of(path / (source[0] if isinstance(source, list) else source))
        given = set(call) - {"source", "providers", "count", "for_each", "depends_on", "__start_line__", "__end_line__"}
        required = {n for n, v in called["variable"].items() if "default" not in v}
        for argument in sorted(given - set(called["variable"])):
            yield f"{path}: module {name} has no variable {argument}"
        for argument in sorted(required - given):
            yield f"{path}: module {name} needs {argument}"
        for output in sorted(set(re.findall(rf"(?<![\w.])module\.{name}\.(\w+)", text))):
            found += 1
            if output not in called["output"]:
                yield f"{path}: module {name} has no output {output}"
    if found == 0:
        yield f"{path}: nothing was compared"


def main():
    problems = [problem for folder in sys.argv[1:] for problem in problems_of(pathlib.Path(folder))]
    for problem in problems:
        print(problem)
    print(f"references: {len(sys.argv) - 1} folders, {len(problems)} references to nothing")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
