"""What the examples share: a call with JSON both ways, and the lecture's network under the name "lecture"."""

import json
import sys
import urllib.request

BASE = sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://127.0.0.1:8080"

LECTURE = {
    "network": {
        "layers": [
            {"name": "y", "type": "linear", "inputs": ["x"], "weight": [[1, 0, 2], [-1, 3, 1], [2, 1, 0], [0, -1, 1]]},
            {"name": "z", "type": "linear", "weight": [[1, 2, -1, 0], [3, 0, 1, -2]]},
            {"name": "C", "type": "linear", "weight": [[2, -1]]},
        ]
    },
    "inputs": {"x": {"shape": [3]}},
}


def call(path, body=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, data=data, method=method, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def put_lecture():
    call("/v1/models/lecture", LECTURE, method="PUT")
