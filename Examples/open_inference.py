"""What clients of the Open Inference Protocol send:  python3 Examples/open_inference.py http://127.0.0.1:8080

With a client (pip install tritonclient[http]) the same is
    client = tritonclient.http.InferenceServerClient("127.0.0.1:8080")
    client.infer("lecture", [x], outputs=[InferRequestedOutput("C"), InferRequestedOutput("grad.x")])
"""

from common import call, put_lecture

put_lecture()
batch = [[1, -2, 3], [0, 1, 0]]
request = {
    "inputs": [{"name": "x", "shape": [2, 3], "datatype": "FP64", "data": batch}],
    "outputs": [{"name": "C"}, {"name": "grad.x"}],
    "parameters": {"cotangent": [[1], [1]]},
}
for output in call("/v2/models/lecture/infer", request)["outputs"]:
    print(output["name"], output["shape"], output["data"])
assert output["data"][:3] == [-11.0, 7.0, 4.0]
