"""Runs one of the seed document's snippets as it stands, in a world that has what it takes for granted.

run.py SNIPPET BASE_URL < {"API_KEY": …, "PARENT_API_KEY": …, "webhook": the receiver's base URL, "then": lines to run after it}
"""
import json
import logging
import pathlib
import requests
import sys
import time as real_time

snippet, base = sys.argv[1], sys.argv[2]
told = json.load(sys.stdin)
logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
logging.getLogger("urllib3").setLevel(logging.WARNING)
headers = {"Authorization": f"Bearer {told.get('API_KEY')}"}


class Routes:
    """As much of a web framework as the handler needs: where it is registered."""

    def __init__(self):
        self.handlers = {}

    def post(self, path):
        def register(handler):
            self.handlers[path] = handler
            return handler

        return register


class Hurry:
    """Minutes of the snippet pass in hundredths of a second."""

    @staticmethod
    def sleep(seconds):
        real_time.sleep(seconds / 6_000)


class Spending:
    """A model behind an SDK's names, whose every call costs a cent of the budget."""

    def __init__(self):
        self.chat = self.completions = self

    def create(self, model, messages):
        charge("llm_call", model)
        self.choices = [self]
        self.message = self
        self.content = f"An answer to {messages[0]['content']}"
        return self


def charge(operation, model=None):
    body = {"amount": 0.01, "operation": operation, **({"model": model} if model else {})}
    requests.post(f"{base}/v1/charges", headers=headers, json=body).raise_for_status()


def says(text):
    return lambda *arguments: print(text, *arguments)


world = {
    "API_KEY": told.get("API_KEY"),
    "PARENT_API_KEY": told.get("PARENT_API_KEY"),
    "headers": headers,
    "requests": requests,
    "logging": logging,
    "time": Hurry,
    "app": Routes(),
    "client": Spending(),
    "items": list(range(100)),
    "chunks": lambda items, size: (items[i:i + size] for i in range(0, len(items), size)),
    "process_single": lambda item: charge("process_single"),
    "process_batch": lambda batch: charge("process_batch"),
    "switch_to_economy_mode": says("economy mode"),
    "pause_background_tasks": says("background tasks paused"),
    "notify_human": says("human notified:"),
    "execute_operation": lambda: "executed",
    "check_approval_status": lambda id: requests.get(f"{base}/v1/agents/approvals/{id}", headers=headers).json(),
}
text = pathlib.Path(__file__).with_name(snippet).read_text(encoding="utf-8")
text = text.replace("https://api.skillboss.co", base).replace("https://your-agent.com", told.get("webhook", ""))
if text.startswith("{"):
    # What the document shows as a body.
    answer = requests.post(f"{base}/v1/agents/budget", headers=headers, json=eval(text))
    print(answer.status_code)
else:
    exec(compile(text, snippet, "exec"), world)
exec(told.get("then", ""), world)
