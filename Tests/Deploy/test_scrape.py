"""A real Prometheus scrapes a server, and a query over the histogram answers."""
import json
import pathlib
import tempfile
import time
import unittest
import urllib.parse

from support import LECTURE, ROOT, Load, Program, Replica, free_port, get, until


class Scrape(unittest.TestCase):
    """Prometheus and what it makes of /metrics."""

    def test_prometheus_answers_a_query_over_the_histogram(self):
        replica, port = Replica(), free_port()
        prometheus = None
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "prometheus.yml"
            file.write_text(json.dumps({
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "rule_files": [str(ROOT / "deploy/prometheus/alerts.yml")],
                "scrape_configs": [
                    {"job_name": "nabla", "static_configs": [{"targets": [f"127.0.0.1:{replica.port}"]}]}
                ],
            }))

            def query(text):
                status, body = get(port, "/api/v1/query?" + urllib.parse.urlencode({"query": text}))
                return json.loads(body)["data"]["result"] if status == 200 else []

            try:
                replica.start()
                prometheus = Program(
                    "prometheus", f"--config.file={file}", f"--storage.tsdb.path={folder}/data",
                    f"--web.listen-address=127.0.0.1:{port}"
                )
                load = Load(replica.port, LECTURE, clients=1, pause=0.01)
                quantile = """histogram_quantile(0.9, sum by (le) (
                    rate(http_server_request_duration_seconds_bucket{http_route="/v1/gradients"}[10s])))"""
                until(lambda: query(quantile) and query(quantile)[0]["value"][1] != "NaN", 60, prometheus.output())
                load.stop()
                time.sleep(2)
                self.assertEqual(query("up")[0]["value"][1], "1")
                self.assertTrue(0 < float(query(quantile)[0]["value"][1]) <= 10)
                count = 'http_server_request_duration_seconds_count{http_route="/v1/gradients"}'
                until(lambda: float(query(count)[0]["value"][1]) == load.answered, 30, "every request counted")
                labels = query('nabla_layer_duration_seconds_count{pass="backward"}')[0]["metric"]
                self.assertEqual(labels["type"], "linear")
                rules = json.loads(get(port, "/api/v1/rules")[1])["data"]["groups"][0]["rules"]
                self.assertTrue(all(rule["health"] != "err" for rule in rules), rules)
            finally:
                if prometheus:
                    prometheus.kill()
                replica.end()


if __name__ == "__main__":
    unittest.main()
