"""Ollama's own Python library against the app: what programs do that know nothing else."""

import asyncio
import json
import os
import urllib.request

import ollama
import pydantic
import pytest

HOST = os.environ["INGLENOOK_BASE_URL"].removesuffix("/v1")
KEY = os.environ["INGLENOOK_KEY_PYTHON"]


def bearer(key):
    return {"authorization": f"Bearer {key}"}


@pytest.fixture
def client():
    return ollama.Client(host=HOST, headers=bearer(KEY), timeout=120)


def user(text):
    return [{"role": "user", "content": text}]


def asked():
    with urllib.request.urlopen(os.environ["SCRIPTED_PROVIDER"].removesuffix("/v1") + "/asked") as answer:
        return json.load(answer)


def get_weather(city: str) -> str:
    """The weather in a city.

    Args:
      city: Its name.
    """
    return "rain"


def test_agents_are_listed_and_shown(client):
    models = {model.model: model for model in client.list().models}
    assert {"parrot:latest", "weather:latest"} <= models.keys()
    assert all(len(model.digest) == 64 and model.modified_at.year > 2000 for model in models.values())
    for name in ("parrot", "parrot:latest"):
        shown = client.show(name)
        assert "completion" in shown.capabilities
        assert shown.modelinfo["general.architecture"]
        assert shown.modelinfo["general.basename"] == "parrot"
    assert client.ps().models == []


@pytest.mark.parametrize("model", ["parrot", "parrot:latest"])
def test_a_chat(client, model):
    answer = client.chat(model=model, messages=user("polly"))
    assert answer.message.role == "assistant"
    assert answer.message.content == "You said: polly"
    assert answer.done and answer.done_reason == "stop"
    assert answer.model == model
    assert (answer.prompt_eval_count, answer.eval_count) == (22, 7)
    assert answer.total_duration > 0
    sent = asked()[-1]
    assert sent["body"]["messages"] == [
        {"role": "system", "content": "You are the parrot of the SDK tests."},
        {"role": "user", "content": "polly"},
    ]
    assert KEY not in json.dumps(sent), "the client's key must not reach a provider"


def test_a_stream_comes_in_pieces(client):
    pieces = list(client.chat(model="parrot", messages=user("one two three"), stream=True))
    assert "".join(piece.message.content for piece in pieces) == "You said: one two three"
    assert len(pieces) > 4
    assert [piece.done for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert pieces[-1].done_reason == "stop" and pieces[-1].eval_count == 7


def test_generate(client):
    answer = client.generate(model="parrot", prompt="polly", system="Be loud.")
    assert answer.response == "You said: polly" and answer.done
    pieces = list(client.generate(model="parrot", prompt="a b c", stream=True))
    assert "".join(piece.response for piece in pieces) == "You said: a b c"
    assert pieces[-1].done


def test_a_model_is_loaded_before_it_is_needed(client):
    before = len(asked())
    assert client.generate(model="parrot", keep_alive="5m").done_reason == "load"
    assert client.chat(model="parrot").done_reason == "load"
    assert len(asked()) == before, "nobody is paid for that"


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_loop_with_a_function(client, stream):
    messages = user("What is the weather in Malmö?")
    first = client.chat(model="weather", messages=messages, tools=[get_weather], stream=stream)
    pieces = list(first) if stream else [first]
    (call,) = [call for piece in pieces for call in piece.message.tool_calls or []]
    assert call.function.name == "get_weather"
    assert call.function.arguments == {"city": "Malmö"}

    said = next(piece.message for piece in pieces if piece.message.tool_calls)
    messages += [said, {"role": "tool", "tool_name": call.function.name, "content": get_weather(**call.function.arguments)}]
    second = client.chat(model="weather", messages=messages, tools=[get_weather])
    assert second.message.content == "The weather: rain." and not second.message.tool_calls


def test_structured_output(client):
    class Nook(pydantic.BaseModel):
        name: str
        seats: int

    answer = client.chat(model="structured", messages=user("describe"), format=Nook.model_json_schema())
    assert Nook.model_validate_json(answer.message.content) == Nook(name="Inglenook", seats=2)
    assert asked()[-1]["body"]["response_format"]["type"] == "json_schema"


def test_options_reach_the_provider(client):
    options = {"temperature": 0.25, "top_p": 0.5, "num_predict": 9, "stop": ["END"], "seed": 7, "num_ctx": 4096}
    client.chat(model="parrot", messages=user("x"), options=options, keep_alive=0)
    sent = asked()[-1]["body"]
    assert (sent["temperature"], sent["top_p"], sent["stop"], sent["seed"]) == (0.25, 0.5, ["END"], 7)
    assert 9 in (sent.get("max_tokens"), sent.get("max_completion_tokens"))


def test_the_asynchronous_client():
    async def ask():
        client = ollama.AsyncClient(host=HOST, headers=bearer(KEY))
        one, two = await asyncio.gather(
            client.chat(model="parrot", messages=user("one")), client.generate(model="parrot", prompt="two")
        )
        text = ""
        async for piece in await client.chat(model="parrot", messages=user("three"), stream=True):
            text += piece.message.content
        return one.message.content, two.response, text

    assert asyncio.run(ask()) == ("You said: one", "You said: two", "You said: three")


def test_an_unknown_model(client):
    for ask in (lambda: client.chat(model="nobody", messages=user("x")), lambda: client.show("nobody")):
        with pytest.raises(ollama.ResponseError) as caught:
            ask()
        assert caught.value.status_code == 404
        assert caught.value.error == "model 'nobody' not found"


def test_failures_are_read(client):
    for model, status in (("broken-ollama-python", 502), ("busy", 429), ("keyless", 424)):
        with pytest.raises(ollama.ResponseError) as caught:
            client.chat(model=model, messages=user("x"))
        assert caught.value.status_code == status and caught.value.error
    for key in ("sk-other", "sk-ink-0000000000000000000000000000000000000000"):
        with pytest.raises(ollama.ResponseError) as caught:
            ollama.Client(host=HOST, headers=bearer(key)).list()
        assert caught.value.status_code == 401 and key not in caught.value.error


def test_a_stream_that_breaks_says_so(client):
    text = ""
    with pytest.raises(ollama.ResponseError):
        for piece in client.chat(model="cut", messages=user("x"), stream=True):
            assert not piece.done
            text += piece.message.content
    assert text and text != "You said: x"


def test_nothing_is_pulled_or_removed(client):
    for ask in (
        lambda: client.pull("parrot"),
        lambda: client.push("parrot"),
        lambda: client.create("x", from_="parrot"),
        lambda: client.copy("parrot", "x"),
        lambda: client.delete("parrot"),
    ):
        with pytest.raises(ollama.ResponseError) as caught:
            ask()
        assert caught.value.error == "not supported" and caught.value.status_code == 403
    assert "parrot:latest" in [model.model for model in client.list().models]
