"""Takes what the pages ship of others' work out of Python wheels: vendor_web.py LOCK WHEELS DESTINATION.

Writes each library into a folder named after its version, so that a browser may keep it for ever, and vendored.json,
from which the server makes its page of notices.
"""

import fnmatch
import hashlib
import json
import pathlib
import re
import sys
import zipfile

LIBRARIES = [
    {
        "name": "KaTeX",
        "folder": "katex",
        "version": "0.16.40",
        "licence": "MIT",
        "home": "https://katex.org",
        "wheel": "djangocms-katex",
        "within": "djangocms_katex/static/djangocms_katex/vendor/katex/",
        "files": ["LICENSE", "katex.min.js", "katex.min.css", "fonts/*.woff2"],
        # The line in which the file itself says its version.
        "proof": ("katex.min.js", r'version:"([0-9.]+)"'),
    },
    {
        "name": "Swagger UI",
        "folder": "swagger-ui",
        "version": "5.33.1",
        "licence": "Apache-2.0",
        "home": "https://swagger.io/tools/swagger-ui",
        "wheel": "drf-spectacular-sidecar",
        "within": "drf_spectacular_sidecar/static/drf_spectacular_sidecar/swagger-ui-dist/",
        "files": ["LICENSE", "swagger-ui-bundle.js", "swagger-ui.css"],
        "proof": ("swagger-ui-bundle.js", r'PACKAGE_VERSION:"([0-9.]+)"|"?version"?:"(5\.[0-9.]+)"'),
    },
]


def pinned(lock):
    """The version and hash of each wheel in the lock."""
    pattern = re.compile(r"(\S+)==(\S+) --hash=sha256:([0-9a-f]{64})")
    return {m[1]: (m[2], m[3]) for m in map(pattern.fullmatch, lock.read_text().splitlines()) if m}


def take(library, pins, wheels, destination):
    version, digest = pins[library["wheel"]]
    path = next(wheels.glob(library["wheel"].replace("-", "_") + "-*.whl"))
    if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        sys.exit(f"{path.name} is not the wheel that the lock pins")
    folder = f"{library['folder']}-{library['version']}"
    files = []
    with zipfile.ZipFile(path) as wheel:
        inside = {n[len(library["within"]) :]: n for n in wheel.namelist() if n.startswith(library["within"])}
        for pattern in library["files"]:
            names = sorted(fnmatch.filter(inside, pattern))
            if not names:
                sys.exit(f"{path.name} has no {pattern}")
            for name in names:
                content = wheel.read(inside[name])
                # A map that is not shipped would be asked for.
                content = re.sub(rb"\n?(//|/\*)# sourceMappingURL=\S+( ?\*/)?\s*\Z", b"\n", content)
                target = destination / folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
                files.append({"path": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    proof, expression = library["proof"]
    said = re.findall(expression, (destination / folder / proof).read_text(encoding="utf-8"))
    if library["version"] not in {version for found in said for version in ([found] if isinstance(found, str) else found)}:
        sys.exit(f"{proof} is not of version {library['version']}: {said[:5]}")
    return {
        "name": library["name"],
        "version": library["version"],
        "licence": library["licence"],
        "home": library["home"],
        "folder": folder,
        "source": f"{library['wheel']} {version}",
        "source_sha256": digest,
        "files": files,
    }


def main():
    lock, wheels, destination = (pathlib.Path(argument) for argument in sys.argv[1:])
    pins = pinned(lock)
    listing = {"libraries": [take(library, pins, wheels, destination) for library in LIBRARIES]}
    (destination / "vendored.json").write_text(json.dumps(listing, indent=2) + "\n")


main()
