"""Many gradients at the output, one forward pass:  python3 Examples/many_vectors.py http://127.0.0.1:8080"""

from common import call

request = {
    "network": {"layers": [{"name": "y", "type": "linear", "weight": [[1, 2, 3], [4, 5, 6]]}, {"type": "tanh"}]},
    "input": [0.1, 0.2, -0.3],
    "output_gradients": [[1, 0], [0, 1]],
}
rows = [result["input_gradients"]["input"] for result in call("/v1/gradients", request)["results"]]
print("the Jacobian, row by row:", rows)
assert len(rows) == 2
