"""Three replicas with one PostgreSQL behind a real HAProxy: restarted one after another under load, killed, and counted.

NABLA_LONG=1 takes minutes, holds replicas to half a processor each and wants a machine that does nothing else.
"""
import json
import os
import signal
import time
import unittest

from support import DIGITS, LECTURE, Balancer, Load, Replica, replicas, report, send, until

SECONDS = 20 if os.environ.get("NABLA_LONG") else 4
# The part of a processor that a replica is held to, in percent: what others leave of two has room for three times 20.
PERCENT = 50 if os.environ.get("NABLA_LONG") else 20
MODEL = {"network": {"layers": [{"type": "linear", "weight": [[2]]}]}, "inputs": {"input": {"shape": [1]}}}


class Replicas(unittest.TestCase):
    """What operators do, and what happens to them."""

    def test_rolling_restart_loses_nothing(self):
        with replicas(3) as (three, balancer):
            status, said = send("PUT", balancer.port, "/v1/models/stored", MODEL)
            self.assertEqual(status, 201, said)
            load = Load(balancer.port, DIGITS, pause=0.005)
            stored = Load(balancer.port, json.dumps({"model": "stored", "input": [3]}).encode(), clients=2, pause=0.005)
            for one in three:
                before = load.answered
                one.program.send(signal.SIGTERM)
                self.assertEqual(one.program.process.wait(40), 0)
                self.assertGreater(load.answered, before, "the others go on meanwhile")
                one.start()
                balancer.ready()
            load.stop()
            stored.stop()
            answered, lost = load.answered + stored.answered, load.lost + stored.lost
            report("rolling restart", sent=answered + len(lost), answered=answered, lost=len(lost),
                   of_a_stored_model=stored.answered)
            self.assertEqual(lost, [])
            self.assertGreater(load.answered, 200)
            self.assertGreater(stored.answered, 100)

    def test_kill_costs_at_most_what_was_held(self):
        with replicas(3) as (three, balancer):
            load, small = Load(balancer.port, DIGITS, clients=8), Load(balancer.port, LECTURE, clients=2, pause=0.002)
            until(lambda: load.answered > 50, 20, "load")
            killed = time.monotonic()
            three[0].program.kill()
            gone = time.monotonic()
            time.sleep(SECONDS)
            load.stop()
            small.stop()
            for kind, one in (("larger than HAProxy's buffer", load), ("smaller", small)):
                report(f"kill -9, {kind}", sent=one.answered + len(one.lost), answered=one.answered, lost=len(one.lost))
            lost = load.lost + small.lost
            for began, ended, fault in lost:
                self.assertTrue(began <= gone + 0.1 and ended >= killed, f"it was not held at the time: {fault}")
            # What one replica may hold is HAProxy's maxconn for it.
            self.assertLessEqual(len(lost), 8)
            three[0].start()
            balancer.ready()

    def test_answers_scale_with_replicas(self):
        # Small in text, large in work, so that what is measured is computing and not this client.
        request = json.dumps({
            "network": {"layers": [{"type": "conv2d", "weight": [[[[0.1] * 7] * 7]], "padding": 3}] * 12 + [
                {"name": "all", "type": "sum"}
            ]},
            "input": [[[0.5] * 64] * 64], "wrt": ["parameters"], "return": ["gradients"], "layers": ["all"],
        }).encode()
        rates = {}
        for count in (1, 3):
            started = [Replica() for _ in range(count)]
            balancer = None
            try:
                for one in started:
                    one.start()
                    one.hold(PERCENT)
                balancer = Balancer(started, maxconn=1)
                balancer.ready()
                load = Load(balancer.port, request, clients=6)
                time.sleep(1)
                before, began = load.answered, time.monotonic()
                time.sleep(SECONDS)
                rates[count] = (load.answered - before) / (time.monotonic() - began)
                load.stop()
                self.assertEqual(load.lost, [])
            finally:
                if balancer:
                    balancer.end()
                for one in started:
                    one.end()
        report(f"scaling at {PERCENT} % of a processor each", ratio=round(rates[3] / rates[1], 2),
               answers_per_second={count: round(rate, 1) for count, rate in rates.items()})
        self.assertGreater(rates[3], 1.5 * rates[1])


if __name__ == "__main__":
    unittest.main()
