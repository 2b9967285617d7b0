"""What UM-Bridge's clients send:  python3 Examples/umbridge.py http://127.0.0.1:8080

With the client itself (pip install umbridge) the same is
    model = umbridge.HTTPModel("http://127.0.0.1:8080/umbridge", "lecture:parameters")
    model.gradient(0, 0, inputs, [1.0])
"""

from common import LECTURE, call, put_lecture

put_lecture()
print("models:", call("/umbridge/Info")["models"])

weights = [[number for row in layer["weight"] for number in row] for layer in LECTURE["network"]["layers"]]
request = {"name": "lecture:parameters", "input": [[1, -2, 3]] + weights, "outWrt": 0, "config": {}}
assert call("/umbridge/Evaluate", request)["output"] == [[-13.0]]
print("dC/dx =", call("/umbridge/Gradient", request | {"inWrt": 0, "sens": [1]})["output"])
print("dC/dW2 =", call("/umbridge/Gradient", request | {"inWrt": 2, "sens": [1]})["output"])
print("Hessian of x and W1:", call("/umbridge/ApplyHessian", request | {"inWrt1": 0, "inWrt2": 1, "sens": [1], "vec": [1] * 12})["output"])
