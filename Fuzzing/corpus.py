#!/usr/bin/env python3
"""Writes the corpus that fuzzing begins with: Corpus/TARGET, from the reference cases and from examples of the protocols.

What a run adds stays in .build; a finding becomes a test and a seed here.
"""
import gzip
import json
import pathlib
import shutil
import zlib

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE.parent / "Tests/Fixtures/cases"
HOST = "Host: a\r\n"
# The first two bytes of an input choose limits, pieces, codings and bounds: see Choices in Sources/Fuzz.
CHOICES = [b"\0\0", b"\0\1", b"\0\2", b"\0\3"]

HEADS = [
    "GET / HTTP/1.1\r\n" + HOST + "\r\n",
    "GET /a/b%20c?x=1&y=%7e HTTP/1.1\r\nHost: [::1]:8080\r\nAccept: */*;q=0.5\r\n\r\n",
    "GET http://example.com:80/p?q HTTP/1.1\r\nHost: example.com\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\n" + HOST + "\r\n",
    "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "\r\n\r\nGET / HTTP/1.1\r\n" + HOST + "Connection: close\r\n\r\nGET /next HTTP/1.1\r\n" + HOST + "\r\n",
    "GET /1 HTTP/1.1\r\n" + HOST + "\r\nGET /2 HTTP/1.1\r\n" + HOST + "\r\nGET /3 HTTP/1.1\r\n" + HOST + "\r\n",
    "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\n" + HOST + "\r\n",
    "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
    "POST / HTTP/1.1\r\n" + HOST + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
    "POST /refused HTTP/1.1\r\n" + HOST + "Content-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\n" + HOST + "\r\n",
    "POST /refused HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\nGET / HTTP/1.1\r\n" + HOST + "\r\n",
    "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: gzip, chunked\r\n\r\n",
    "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 5, 5\r\n\r\nhello",
    "GET / HTTP/1.1\r\n" + HOST + "X: a\r\n b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "GET  / HTTP/1.1\r\n" + HOST + "\r\n",
    "GET / HTTP/2.0\r\n" + HOST + "\r\n",
    "GET / HTTP/1.1\n" + HOST + "\n",
    "GET / HTTP/1.1\r\n" + HOST + "Host: b\r\n\r\n",
    "GET /\0 HTTP/1.1\r\n" + HOST + "\r\n",
    "CONNECT a:1 HTTP/1.1\r\n" + HOST + "\r\n",
    "\x16\x03\x01\x02\0\x01\0",
]

CHUNKS = [
    "5\r\nhello\r\n0\r\n\r\nGET",
    "1\r\nh\r\n4\r\nello\r\n00\r\nX: y\r\nZ:\r\n\r\n",
    "5;a=b;c=\"d \\\" e\"\r\nhello\r\n0;last\r\n\r\n",
    "5 ; a = b\t;c\r\nhello\r\n0\r\n\r\n",
    "ffffffffffffffff\r\nx",
    "0000000000000000a\r\nx",
    "5\r\nhello\r\nfffffffffffffffb\r\n",
    "5\nhello\r\n0\r\n\r\n",
    "5\r\nhelloXX0\r\n\r\n",
    "5;a=\"\r\n\"\r\nhello\r\n",
    "0\r\nX : y\r\n\r\n",
    "-5\r\nhello",
    "0\r\nX: y\r\n\rZ",
]

TEXTS = [b"", b"x", b'{"input":[1,2,3]}', b"0123456789" * 60, b"\0" * 5000, bytes(range(256)) * 3]

JSON = [
    '{"a":[1,-2.5e-3,0,true,false,null],"b":{"c":"d"}}',
    '[[1,2],[3,4]]',
    '[[[1.5,"NaN"],["Infinity","-Infinity"]]]',
    '{"shape":[2,3],"data":[1,2,3,4,5,6]}',
    '{"shape":[2],"dtype":"float32","base64":"AACAPwAAAEA="}',
    '{"base64":"AAAAAAAA8D8=","dtype":"float64","shape":[]}',
    '"\\u00e9\\ud83d\\ude00\\n\\"\\\\\\/ \u00e9 \U0001F600"',
    '1.7976931348623157e308',
    '[5e-324,-0.0,1e400,123456789012345678901234567890]',
    '9223372036854775808',
    '"\\ud800"',
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '[' * 70,
    '\ufeff[]',
    '[01]',
    '[1,]',
    ' \t\r\n[ ] ',
    'tru',
]


def asked(method, path, body="", fields=""):
    body = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    return f"{method} {path} HTTP/1.1\r\n{HOST}{fields}\r\n".encode() + body


# The models are those of Sources/FuzzService: m has x and parameters, s has a and b, e has indices i.
AS_JSON = "Content-Type: application/json\r\n"
X = {"shape": [3], "dtype": "float64", "data": {"buffer": "AAAAAAAA8D8AAAAAAAAAQAAAAAAAAPC/", "encoding": "base64"}}
BRIDGE = {"name": "m", "outWrt": 0, "inWrt": 0, "inWrt1": 0, "inWrt2": 0, "input": [[1, -2, 3]], "config": {}}
BINARY = json.dumps({
    "inputs": [{"name": "x", "shape": [1, 3], "datatype": "FP32", "parameters": {"binary_data_size": 12}}],
    "parameters": {"binary_data_output": True},
})
LAYERS = [{"type": "linear", "inputs": ["x"], "weight": [[1, 2]], "name": "l"}, {"type": "prelu", "weight": {"shape": [1], "data": [0.5]}}]
SERVICE = [
    asked("POST", "/umbridge/ModelInfo", {"name": "m"}),
    asked("POST", "/umbridge/InputSizes", {"name": "m:parameters", "config": {}}),
    asked("POST", "/umbridge/Evaluate", BRIDGE),
    asked("POST", "/umbridge/Evaluate", {"name": "e", "input": [[0, 2]]}),
    asked("POST", "/umbridge/Gradient", BRIDGE | {"sens": [1, 2]}),
    asked("POST", "/umbridge/ApplyJacobian", BRIDGE | {"name": "m:parameters", "inWrt": 1, "vec": [1] * 6,
        "input": [[1, -2, 3], [1, 0, 2, -1, 3, 1], [0.5, -1]]}),
    asked("POST", "/umbridge/ApplyHessian", BRIDGE | {"sens": [1, 2], "vec": [1, 0, 0]}),
    asked("POST", "/umbridge/Evaluate", {"name": "s", "input": [[1e200, 1], [1e200, 1]]}),
    asked("POST", "/tesseract/m/apply", {"inputs": {"x": X}}, "Accept: application/json+base64\r\n"),
    asked("POST", "/tesseract/s/apply", {"inputs": {"a": [1, "NaN"], "b": [2]}}),
    asked("POST", "/tesseract/m/jacobian", {"inputs": {"x": X, "linear_0_bias": None},
        "jac_inputs": ["x", "linear_0_weight"], "jac_outputs": ["tanh_1"]}),
    asked("POST", "/tesseract/m/jacobian_vector_product", {"inputs": {"x": [1, 2, 3]}, "jvp_inputs": ["x"],
        "jvp_outputs": ["tanh_1"], "tangent_vector": {"x": {"shape": [1], "dtype": "int8", "data": {"buffer": [1]}}}}),
    asked("POST", "/tesseract/m/vector_jacobian_product", {"inputs": {"x": [1, 2, 3]}, "vjp_inputs": ["x"],
        "vjp_outputs": ["tanh_1"], "cotangent_vector": {"tanh_1": [1, 2]}}),
    asked("POST", "/tesseract/m/abstract_eval", {"inputs": {"x": {"shape": [3], "dtype": "float64"}}}),
    asked("GET", "/tesseract/m/health"),
    asked("GET", "/tesseract/e/openapi.json"),
    asked("POST", "/v2/models/m/infer", {"id": "1", "outputs": [{"name": "tanh_1"}, {"name": "grad.x"}],
        "inputs": [{"name": "x", "shape": [2, 3], "datatype": "FP64", "data": [[1, 2, 3], [4, 5, 6]]}],
        "parameters": {"cotangent": [1, 2]}}),
    asked("POST", "/v2/models/m/versions/1/infer", BINARY.encode() + bytes(12),
        f"Inference-Header-Content-Length: {len(BINARY)}\r\n"),
    asked("POST", "/v2/models/e/infer", {"inputs": [{"name": "i", "shape": [1, 2], "datatype": "INT64", "data": [0, 2]}]}),
    asked("GET", "/v2/models/m"),
    asked("POST", "/v2/repository/index"),
    asked("PUT", "/v1/models/n", {"network": {"layers": LAYERS}, "inputs": {"x": {"shape": [2]}}, "description": "\u00e9"}, AS_JSON),
    asked("PUT", "/v1/models/m", {"network": {"parameters": {"w": {"base64": "AACAPwAAAEA=", "dtype": "float32", "shape": [2]}},
        "layers": [{"type": "mul", "inputs": ["x", "w"]}]}, "inputs": {"x": {"shape": [2], "dtype": "float64"}}},
        AS_JSON + 'If-None-Match: "a", W/"b"\r\n'),
    asked("GET", "/v1/models?pretty=1"),
    asked("DELETE", "/v1/models/m", fields="If-Match: *\r\n"),
    asked("POST", "/v1/gradients?pretty", {"model": "m", "input": [[1, 2, 3]], "loss": {"type": "mse", "target": [[0, 1]]}},
        AS_JSON + "Accept: */*;q=0.5, application/json\r\n"),
    asked("POST", "/v1/jacobians", {"model": "s", "inputs": {"a": [1, 2], "b": [3, 4]}}, AS_JSON),
    asked("POST", "/v1/forward", {"model": "\u006d", "input": [1, 2, 3]}, AS_JSON),
    asked("OPTIONS", "/v1/hvp", fields="Origin: http://a\r\n"),
]

# Inputs that once failed, as they were or cut down by hand.
FINDINGS = {
    # The byte that passes the limit of a head is one that may not stand there.
    "FuzzHead": [
        b"\0\2GET / HTTP/1.1\r\nHost: " + b"a" * 26 + b"\r\nA: " + b"b" * 29 + b"\r\nC: " + b"c" * 9 + b"\0\r\n\r\n",
    ],
    # A number of more digits than float64 has, where Foundation's conversion is off.
    # And the least Int as a float64, which has no magnitude in Int; a mark of the byte order after an escape.
    "FuzzJSON": [b"9990902110454773187.0e54", b"-9.223372036854775808e18", '"\\t\ufeffrue0"'.encode()],
    # No object, by a length that chooses an operation with needs.
    "FuzzRequest": [b'"' + b"I" * 128 + b'"'],
}


def requests():
    """One small request of the reference cases for each layer, loss, operation and kind of fault."""
    seen = set()
    for file in sorted(CASES.glob("*/*.json")):
        case = json.loads(file.read_text())
        body = json.dumps(case["request"], separators=(",", ":"), ensure_ascii=False).encode()
        network = case["request"].get("network")
        layers = network.get("layers", []) if isinstance(network, dict) else []
        kinds = {layer.get("type") for layer in layers if isinstance(layer, dict)} | set(case["request"])
        loss = case["request"].get("loss")
        kinds |= {("loss", loss.get("type"))} if isinstance(loss, dict) else set()
        kinds = {str(kind) for kind in kinds} | ({file.stem} if file.parent.name == "errors" else set())
        if len(body) <= 600 and not kinds <= seen:
            seen |= kinds
            yield file.parent.name + "-" + file.stem, body


def numbered(seeds):
    return [(f"{index:02}", seed) for index, seed in enumerate(seeds)]


def compressed():
    for text in TEXTS:
        whole = gzip.compress(text, mtime=0)
        bare = zlib.compressobj(wbits=-15)
        yield whole
        yield zlib.compress(text)
        yield bare.compress(text) + bare.flush()
    yield gzip.compress(b"one", mtime=0) + gzip.compress(b"two", mtime=0)
    yield whole[:-4]
    yield whole + b"rest"


def chosen(seeds):
    return [seed if isinstance(seed, bytes) else seed.encode("latin-1") for seed in seeds]


def write(target, seeds):
    folder = HERE / "Corpus" / target
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    findings = [(f"finding-{index:02}", seed) for index, seed in enumerate(FINDINGS.get(target, []))]
    for name, seed in [*seeds, *findings]:
        (folder / name).write_bytes(seed)


def with_choices(seeds):
    return [CHOICES[index % 4] + seed for index, seed in enumerate(chosen(seeds))]


write("FuzzHead", numbered(with_choices(HEADS)))
write("FuzzChunks", numbered(with_choices(CHUNKS)))
write("FuzzInflation", numbered(choice + seed for seed in compressed() for choice in CHOICES[:2]))
write("FuzzJSON", numbered(text.encode() for text in JSON))
write("FuzzRequest", requests())
write("FuzzService", numbered(SERVICE))


def words():
    """The names and choices that requests are made of, as a dictionary of libFuzzer."""
    found = set()

    def walk(value):
        if isinstance(value, dict):
            found.update(value)
            for member in value.values():
                walk(member)
        elif isinstance(value, list):
            for element in value:
                walk(element)
        elif isinstance(value, str):
            found.add(value)

    for file in CASES.glob("*/*.json"):
        walk(json.loads(file.read_text())["request"])
    return sorted(word for word in found if 2 < len(word) < 24 and word.isidentifier() and word.isascii())


values = ["1e308", "1e-320", "9223372036854775807", "4294967296", "-1", "0.5", "[]", "{}", "[[1,2],[3,4]]", "null"]
lines = ["# Words of requests, written by corpus.py."] + [f'"\\"{word}\\""' for word in words()]
lines += [f'"{value}"' for value in values] + [f'"\\"{word}\\":"' for word in ("inputs", "weight", "target", "parameter")]
(HERE / "Dictionaries/FuzzRequest.dict").write_text("\n".join(lines) + "\n")
