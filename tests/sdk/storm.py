"""Asks with Python's clients as programs do that configure nothing, and tells how each call ended."""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import anthropic
import ollama
import openai

plan = json.load(sys.stdin)
SAYS = [{"role": "user", "content": "Hi"}]


def ask(case):
    root, key, model, stream = plan["door"], case["key"], case["model"], case["stream"]
    if case["client"] == "openai-python":
        client = openai.OpenAI(base_url=f"{root}/v1", api_key=key, timeout=60)
        answer = client.chat.completions.create(model=model, messages=SAYS, stream=stream)
    elif case["client"] == "anthropic-python":
        client = anthropic.Anthropic(base_url=root, api_key=key, timeout=60)
        answer = client.messages.create(model=model, max_tokens=64, messages=SAYS, stream=stream)
    else:
        client = ollama.Client(host=root, headers={"authorization": f"Bearer {key}"}, timeout=60)
        answer = client.chat(model=model, messages=SAYS, stream=stream)
    return list(answer) if stream else answer


def ended(case):
    began = time.monotonic()
    end = {"name": case["name"], "status": 200, "error": None}
    try:
        ask(case)
    except Exception as error:  # whatever a program would see
        end |= {"status": getattr(error, "status_code", None), "error": type(error).__name__}
    return end | {"seconds": time.monotonic() - began}


with ThreadPoolExecutor(max_workers=len(plan["cases"])) as pool:
    json.dump(list(pool.map(ended, plan["cases"])), sys.stdout)
