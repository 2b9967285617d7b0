"""Examples/sharded_batch.py on a local cluster over the load balancer, against one request for the whole."""
import importlib.util
import json
import random
import signal
import subprocess
import sys
import unittest
import urllib.request

from distributed import Client, LocalCluster

from support import DIGITS, ROOT, replicas, send

SCRIPT = ROOT / "Examples/sharded_batch.py"
spec = importlib.util.spec_from_file_location("sharded_batch", SCRIPT)
sharded_batch = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sharded_batch)


def tensor(*shape, seed):
    """Numbers between -1 and 1 as nested lists."""
    source = random.Random(seed)
    build = lambda rest: [build(rest[1:]) for _ in range(rest[0])] if rest else source.uniform(-1, 1)
    return build(shape)


def network(*more):
    """Five numbers to three, with a shared weight and a bias."""
    return {
        "parameters": {"shared": tensor(5, 5, seed=1)},
        "layers": [
            {"type": "linear", "weight": {"parameter": "shared"}}, {"type": "tanh"}, *more,
            {"type": "linear", "weight": {"parameter": "shared"}},
            {"name": "last", "type": "linear", "weight": tensor(3, 5, seed=2), "bias": tensor(3, seed=3)},
        ],
    }


X = tensor(23, 5, seed=4)
LABELS = [random.Random(5).randrange(3) for _ in X]


class ShardedBatch(unittest.TestCase):
    """Equal to the unsplit answer to rounding, or refused."""

    @classmethod
    def setUpClass(cls):
        cls.replicas, cls.balancer = cls.enterClassContext(replicas(2))
        cls.url = f"http://127.0.0.1:{cls.balancer.port}"
        cls.cluster = cls.enterClassContext(
            LocalCluster(n_workers=1, threads_per_worker=4, processes=False, dashboard_address=None)
        )
        cls.client = cls.enterClassContext(Client(cls.cluster))

    def whole(self, request):
        """What one request gives."""
        body = json.dumps(request).encode()
        post = urllib.request.Request(self.url + "/v1/gradients", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(post, timeout=60) as answer:
            return json.load(answer)

    def close(self, left, right, place="answer"):
        """Equal to rounding, in shape and in numbers."""
        if isinstance(left, dict):
            self.assertEqual(set(left), set(right), place)
            for key, one in left.items():
                self.close(one, right[key], f"{place}.{key}")
        elif isinstance(left, list):
            self.assertEqual(len(left), len(right), place)
            for index, (one, other) in enumerate(zip(left, right)):
                self.close(one, other, f"{place}[{index}]")
        elif left is None or right is None:
            self.assertEqual(left, right, place)
        else:
            self.assertAlmostEqual(left, right, delta=1e-12 * max(1, abs(left)), msg=place)

    def check(self, request, shards=6):
        """Splits a request and compares."""
        seen = []
        answer = sharded_batch.gradients(
            request, self.url, self.client, shards, progress=lambda done, count: seen.append((done, count))
        )
        whole = self.whole(request)
        self.assertEqual(seen, [(index + 1, shards) for index in range(shards)])
        for name in ("loss", "output"):
            self.close(whole[name], answer[name], name)
        for name in ("input_gradients", "parameter_gradients"):
            self.close(whole[name], answer[name], name)
        for mine, other in zip(answer["layers"], whole["layers"], strict=True):
            self.assertEqual(mine["name"], other["name"])
            for key, value in other["gradients"]["parameters"].items():
                self.close(value, mine["gradients"]["parameters"][key], f"{mine['name']}.{key}")

    def test_sum(self):
        self.check({"network": network(), "input": X, "loss": {"type": "mse", "target": tensor(23, 3, seed=6), "reduction": "sum"}})

    def test_mean_with_parts_of_unequal_size(self):
        self.check({"network": network(), "input": X, "loss": {"type": "mse", "target": tensor(23, 3, seed=6)}})

    def test_class_weights_and_ignored_samples(self):
        loss = {"type": "cross_entropy", "target": LABELS, "weight": [0.5, 2.0, 1.25], "ignore_index": 1}
        self.check({"network": network(), "input": X, "loss": loss})

    def test_parts_that_the_loss_ignores(self):
        loss = {"type": "cross_entropy", "target": [1] * 9 + LABELS[9:], "ignore_index": 1}
        self.check({"network": network(), "input": X, "loss": loss})
        with self.assertRaisesRegex(sharded_batch.NotSplittable, "ignores every sample"):
            request = {"network": network(), "input": X, "loss": loss | {"target": [1] * 23}}
            sharded_batch.gradients(request, self.url, self.client, 4)

    def test_a_stored_model(self):
        document = {"network": network(), "inputs": {"input": {"shape": [23, 5]}}}
        status, said = send("PUT", self.balancer.port, "/v1/models/stored", document)
        self.assertEqual(status, 201, said)
        self.check({"model": "stored", "input": X, "loss": {"type": "mse", "target": tensor(23, 3, seed=6)}})

    def test_a_replica_that_is_lost_meanwhile(self):
        lost = self.replicas[0]
        request = {"network": network(), "input": tensor(1000, 5, seed=4)}
        request["loss"] = {"type": "mse", "target": tensor(1000, 3, seed=6)}
        answer = sharded_batch.gradients(
            request, self.url, self.client, 100, progress=lambda done, _: lost.program.kill() if done == 20 else None
        )
        self.assertEqual(lost.program.process.returncode, -signal.SIGKILL)
        self.close(self.whole(request)["parameter_gradients"], answer["parameter_gradients"])
        lost.start()
        self.balancer.ready()

    def test_what_is_no_batch_is_refused(self):
        for request, what in (
            ({"network": network()}, "no input"),
            ({"network": network(), "input": {"shape": [2, 5], "data": [0.0] * 10}}, "nested lists"),
            ({"network": network(), "input": X, "output_gradient": {"shape": [23, 3]}}, "nested lists"),
            ({"network": network(), "inputs": {"a": X, "b": X[:3]}}, "not of one size"),
        ):
            with self.assertRaisesRegex(sharded_batch.NotSplittable, what):
                sharded_batch.gradients(request, self.url, self.client, 4)

    def test_output_gradient(self):
        self.check({"network": network(), "input": X, "output_gradient": tensor(23, 3, seed=7)})

    def test_variance_and_a_dropout_mask(self):
        source = random.Random(8)
        mask = [[source.randrange(2) for _ in range(5)] for _ in X]
        var = [[abs(value) + 0.1 for value in row] for row in tensor(23, 3, seed=9)]
        loss = {"type": "gaussian_nll", "target": tensor(23, 3, seed=6), "var": var}
        self.check({"network": network({"type": "dropout", "mask": mask}), "input": X, "loss": loss})

    def test_a_layer_that_mixes_samples_is_refused(self):
        request = {"network": network({"name": "norm", "type": "batch_norm"}), "input": X, "loss": {"type": "mse", "target": tensor(23, 3, seed=6)}}
        with self.assertRaisesRegex(sharded_batch.NotSplittable, "norm mix the samples"):
            sharded_batch.gradients(request, self.url, self.client, 4)

    def test_a_wrong_request_is_told_as_the_service_tells_it(self):
        with self.assertRaisesRegex(RuntimeError, "422.*last dimension must be 5"):
            sharded_batch.gradients({"network": network(), "input": tensor(8, 4, seed=1)}, self.url, self.client, 4)

    def test_the_command_shows_its_progress(self):
        done = subprocess.run(
            [sys.executable, SCRIPT, "-", "--url", self.url, "--shards", "4", "--workers", "2"],
            input=DIGITS.decode(), capture_output=True, text=True, timeout=60, check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("4 of 4\n", done.stderr)
        self.close(self.whole(json.loads(DIGITS))["loss"], json.loads(done.stdout)["loss"])


if __name__ == "__main__":
    unittest.main()
