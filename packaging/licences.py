"""Writes the licence texts of every crate that is linked into the program, each text once.

    python3 packaging/licences.py x86_64-unknown-linux-musl > THIRD-PARTY-LICENSES
"""

import collections
import json
import pathlib
import subprocess
import sys

LICENCE_NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "COPYRIGHT", "UNLICENSE")
# Where a crate comes without its text, its authors mean the one that everybody knows.
STANDARD = {"MIT": "LICENSE-MIT", "Apache-2.0": "LICENSE-APACHE"}
RULE = "=" * 100


def linked(metadata):
    """The packages that the program is made of: what its normal dependencies reach, without macros' and build scripts' own."""
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    todo, found = [metadata["resolve"]["root"]], set()
    while todo:
        identity = todo.pop()
        if identity not in found:
            found.add(identity)
            normal = (d["pkg"] for d in nodes[identity]["deps"] if any(kind["kind"] is None for kind in d["dep_kinds"]))
            todo += (one for one in normal if "proc-macro" not in packages[one]["targets"][0]["kind"])
    found.remove(metadata["resolve"]["root"])
    return sorted((packages[identity] for identity in found), key=lambda package: (package["name"], package["version"]))


def texts(package, root):
    """The licence files of a package; of one that brings none, the standard text of one of its licences."""
    folder = pathlib.Path(package["manifest_path"]).parent
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and path.name.upper().startswith(LICENCE_NAMES)]
    if not files:
        choices = (package["license"] or "").replace("/", " OR ").replace("(", "").replace(")", "").split(" OR ")
        files = [root / STANDARD[choice.strip()] for choice in choices if choice.strip() in STANDARD][:1]
    if not files:
        sys.exit(f"{package['name']} {package['version']} has no licence text, and {package['license']} is not one we have")
    return [path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n").strip() for path in files]


def main():
    target = sys.argv[1]
    root = pathlib.Path(__file__).resolve().parent.parent
    command = ["cargo", "metadata", "--format-version=1", "--locked", "--filter-platform", target]
    packages = linked(json.loads(subprocess.run(command, cwd=root, check=True, capture_output=True).stdout))
    holders = collections.defaultdict(list)
    for package in packages:
        for text in texts(package, root):
            holders[text].append(f"{package['name']} {package['version']}")
    print(f"rhetor is made with {len(packages)} crates of other people, under these licences.\n")
    for package in packages:
        print(f"    {package['name']} {package['version']}: {package['license']}")
    for text, names in sorted(holders.items(), key=lambda entry: entry[1]):
        print(f"\n{RULE}\n{', '.join(names)}\n{RULE}\n\n{text}")
    print(f"\n{RULE}\nThe Rust standard library is under MIT OR Apache-2.0, too; musl, where it is linked in, under MIT.")


if __name__ == "__main__":
    main()
