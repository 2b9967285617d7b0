"""Weights are sent once and then named:  python3 Examples/named_model.py http://127.0.0.1:8080"""

from common import call, put_lecture

put_lecture()
answer = call("/v1/gradients", {"model": "lecture", "inputs": {"x": [1, -2, 3]}})
assert answer["output"] == [-13.0]
print("dC/dx =", answer["input_gradients"]["x"])

# Other values for one request alone.
overrides = {"layers": {"C": {"weight": [[0, 1]]}}}
print("C =", call("/v1/forward", {"model": "lecture", "inputs": {"x": [1, -2, 3]}, "overrides": overrides})["output"])
