"""Three replicas behind a real HAProxy: restarted one after another under load, killed, and counted.

NABLA_LONG=1 takes minutes and gives steadier figures.
"""
import json
import os
import signal
import time
import unittest

from support import DIGITS, Balancer, Load, Replica, replicas, report, until

SECONDS = 20 if os.environ.get("NABLA_LONG") else 4


class Replicas(unittest.TestCase):
    """What operators do, and what happens to them."""

    def test_rolling_restart_loses_nothing(self):
        with replicas(3) as (three, balancer):
            load = Load(balancer.port, DIGITS, pause=0.005)
            for one in three:
                before = load.answered
                one.program.send(signal.SIGTERM)
                self.assertEqual(one.program.process.wait(40), 0)
                self.assertGreater(load.answered, before, "the others go on meanwhile")
                one.start()
                balancer.ready()
            load.stop()
            report("rolling restart", sent=load.answered + len(load.lost), answered=load.answered, lost=len(load.lost))
            self.assertEqual(load.lost, [])
            self.assertGreater(load.answered, 200)

    def test_kill_costs_at_most_what_was_held(self):
        with replicas(3) as (three, balancer):
            load = Load(balancer.port, DIGITS, clients=8)
            until(lambda: load.answered > 50, 20, "load")
            killed = time.monotonic()
            three[0].program.kill()
            time.sleep(SECONDS)
            load.stop()
            report("kill -9", sent=load.answered + len(load.lost), answered=load.answered, lost=len(load.lost))
            for began, ended, fault in load.lost:
                self.assertTrue(began <= killed + 0.1 and ended >= killed, f"it was not held at the time: {fault}")
            # What one replica may hold is HAProxy's maxconn for it.
            self.assertLessEqual(len(load.lost), 8)
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
                    one.hold(50)
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
        report("scaling at half a processor each", answers_per_second={k: round(v, 1) for k, v in rates.items()},
               ratio=round(rates[3] / rates[1], 2))
        # Two processors have room for three halves, HAProxy and the clients, if nobody else is there.
        self.assertGreater(rates[3], 1.5 * rates[1])


if __name__ == "__main__":
    unittest.main()
