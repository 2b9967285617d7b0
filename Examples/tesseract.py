"""What Tesseract's clients send:  python3 Examples/tesseract.py http://127.0.0.1:8080

With the client itself (pip install tesseract-core tesseract-jax) the same is
    model = Tesseract.from_url("http://127.0.0.1:8080/tesseract/lecture")
    jax.grad(lambda x: apply_tesseract(model, {"x": x})["C"][0])(x)
"""

from common import call, put_lecture

put_lecture()
inputs = {"x": [1, -2, 3]}
output = call("/tesseract/lecture/apply", {"inputs": inputs})["C"]["data"]["buffer"]
assert output == [-13.0]
request = {"inputs": inputs, "vjp_inputs": ["x", "z_weight"], "vjp_outputs": ["C"], "cotangent_vector": {"C": [1]}}
gradients = call("/tesseract/lecture/vector_jacobian_product", request)
print("dC/dx =", gradients["x"]["data"]["buffer"])
print("dC/dW2 =", gradients["z_weight"]["data"]["buffer"])
