# Runs tests/Seed/14_approval.py, the function of the seed document with nothing changed but its indentation, against a server:
# approvals.py BASE KEY COST. Says "asked APPROVAL_ID" the first time that it waits, and in the end "executed" or what it logged.
import logging
import pathlib
import sys
import types

import requests

base, key, cost = sys.argv[1].rstrip("/"), sys.argv[2], float(sys.argv[3])
headers = {"Authorization": f"Bearer {key}"}
asked = []


def check_approval_status(approval_id):
    if not asked:
        asked.append(approval_id)
        print(f"asked {approval_id}", flush=True)
    # The minute between two looks is spent waiting for the decision.
    return requests.get(f"{base}/v1/agents/approvals/{approval_id}?wait=30", headers=headers, timeout=60).json()


def execute_operation():
    return "executed"


class Log(logging.Handler):
    def emit(self, record):
        print(record.getMessage(), flush=True)


logging.basicConfig(level=logging.INFO, handlers=[Log()])
logging.getLogger("urllib3").setLevel(logging.WARNING)
source = (pathlib.Path(__file__).parents[1] / "Seed" / "14_approval.py").read_text()
function = {
    "requests": requests, "headers": headers, "logging": logging, "time": types.SimpleNamespace(sleep=lambda seconds: None),
    "check_approval_status": check_approval_status, "execute_operation": execute_operation,
}
exec(source.replace("https://api.skillboss.co", base), function)
print(f"result {function['expensive_operation'](cost)}", flush=True)
