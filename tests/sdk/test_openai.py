"""The official Python client against the app, the way programs use it."""

import asyncio
import json
import os
import urllib.request

import openai
import pydantic
import pytest

BASE_URL = os.environ["INGLENOOK_BASE_URL"]
KEY = os.environ["INGLENOOK_KEY_PYTHON"]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def make(key=KEY, **options):
    return openai.OpenAI(base_url=BASE_URL, api_key=key, timeout=120, max_retries=0, **options)


@pytest.fixture
def client():
    with make() as client:
        yield client


def user(text):
    return [{"role": "user", "content": text}]


def asked():
    with urllib.request.urlopen(os.environ["SCRIPTED_PROVIDER"].removesuffix("/v1") + "/asked") as answer:
        return json.load(answer)


def test_the_starter_answers(client):
    answer = client.chat.completions.create(model="hello", messages=user("Hello, who are you?"), max_tokens=24)
    assert answer.object == "chat.completion"
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content.strip()
    assert answer.choices[0].finish_reason in ("stop", "length")
    assert answer.usage.prompt_tokens > 0
    assert 0 < answer.usage.completion_tokens <= 24
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_the_starter_streams(client):
    chunks = list(
        client.chat.completions.create(
            model="hello",
            messages=user("Say hello."),
            max_tokens=24,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    pieces = [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content]
    assert len(pieces) > 1, "one piece is not a stream"
    assert {c.id for c in chunks} == {chunks[0].id}
    assert [c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason] in (["stop"], ["length"])
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens > 0


def test_an_agent_answers_by_its_name_and_by_its_id(client):
    for model in ("parrot", os.environ["INGLENOOK_PARROT_ID"]):
        answer = client.chat.completions.create(model=model, messages=user("polly"))
        assert answer.choices[0].message.content == "You said: polly"
        assert answer.choices[0].finish_reason == "stop"
    sent = asked()[-1]
    assert sent["body"]["messages"] == [
        {"role": "system", "content": "You are the parrot of the SDK tests."},
        {"role": "user", "content": "polly"},
    ]
    assert sent["body"]["model"] == "echo"
    assert KEY not in json.dumps(sent), "the client's key must not reach a provider"


def test_usage_is_the_providers(client):
    usage = client.chat.completions.create(model="parrot", messages=user("count")).usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (22, 7, 29)
    assert usage.prompt_tokens_details.cached_tokens == 3
    assert usage.completion_tokens_details.reasoning_tokens == 2


def test_a_stream_comes_in_pieces_and_ends_with_usage_when_asked_for(client):
    ask = {"model": "parrot", "messages": user("one two three"), "stream": True}
    chunks = list(client.chat.completions.create(**ask, stream_options={"include_usage": True}))
    text = [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content]
    assert "".join(text) == "You said: one two three" and len(text) > 3
    assert chunks[-1].choices == [] and chunks[-1].usage.total_tokens == 29
    assert all(c.usage is None for c in list(client.chat.completions.create(**ask)))


def test_the_stream_helper(client):
    with client.chat.completions.stream(model="parrot", messages=user("a b c")) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert kinds.count("content.delta") > 2 and kinds.count("content.done") == 1
    assert final.choices[0].message.content == "You said: a b c"
    assert final.choices[0].finish_reason == "stop"


def test_the_asynchronous_client():
    async def ask():
        async with openai.AsyncOpenAI(base_url=BASE_URL, api_key=KEY, max_retries=0) as client:
            one, two = await asyncio.gather(
                client.chat.completions.create(model="parrot", messages=user("one")),
                client.chat.completions.create(model="parrot", messages=user("two")),
            )
            text = ""
            async with client.chat.completions.stream(model="parrot", messages=user("three")) as stream:
                async for event in stream:
                    if event.type == "content.delta":
                        text += event.delta
            return one.choices[0].message.content, two.choices[0].message.content, text

    assert asyncio.run(ask()) == ("You said: one", "You said: two", "You said: three")


def test_a_tool_call_and_its_result(client):
    messages = user("What is the weather in Malmö?")
    first = client.chat.completions.create(model="weather", messages=messages, tools=[WEATHER]).choices[0]
    assert first.finish_reason == "tool_calls" and first.message.content is None
    (call,) = first.message.tool_calls
    assert call.type == "function" and call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Malmö"}

    messages += [first.message, {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
    second = client.chat.completions.create(model="weather", messages=messages, tools=[WEATHER]).choices[0]
    assert second.message.content == "The weather: rain." and second.finish_reason == "stop"


def test_a_streamed_tool_call(client):
    ask = {"model": "weather", "messages": user("weather?"), "tools": [WEATHER]}
    with client.chat.completions.stream(**ask) as stream:
        for _ in stream:
            pass
        choice = stream.get_final_completion().choices[0]
    (call,) = choice.message.tool_calls
    assert call.id and json.loads(call.function.arguments) == {"city": "Malmö"}
    assert choice.finish_reason == "tool_calls"


def test_structured_output(client):
    class Nook(pydantic.BaseModel):
        name: str
        seats: int

    answer = client.chat.completions.parse(model="structured", messages=user("describe"), response_format=Nook)
    assert answer.choices[0].message.parsed == Nook(name="Inglenook", seats=2)
    assert asked()[-1]["body"]["response_format"]["type"] == "json_schema"


def test_parameters_reach_the_provider(client):
    client.chat.completions.create(
        model="parrot", messages=user("x"), temperature=0.25, top_p=0.5, max_tokens=9, stop=["END"], seed=7, user="me"
    )
    sent = asked()[-1]["body"]
    assert (sent["temperature"], sent["top_p"], sent["stop"], sent["seed"]) == (0.25, 0.5, ["END"], 7)
    assert 9 in (sent.get("max_tokens"), sent.get("max_completion_tokens"))


def test_models(client):
    models = {model.id: model for model in client.models.list()}
    assert {"hello", "parrot", "weather"} <= models.keys()
    assert all(model.object == "model" and model.created > 0 for model in models.values())
    assert client.models.retrieve("parrot").id == "parrot"
    assert client.models.retrieve(os.environ["INGLENOOK_PARROT_ID"]).object == "model"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("no-such-agent")


def test_a_wrong_key():
    for key in ("sk-ink-0000000000000000000000000000000000000000", "sk-other"):
        with make(key) as client, pytest.raises(openai.AuthenticationError) as caught:
            client.chat.completions.create(model="parrot", messages=user("x"))
        assert caught.value.status_code == 401
        assert caught.value.body["message"] and key not in str(caught.value)


def test_an_unknown_model(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="no-such-agent", messages=user("x"))
    assert caught.value.code == "model_not_found"
    assert caught.value.param == "model"
    assert "no-such-agent" in caught.value.body["message"]


def test_a_key_that_may_not_use_this_agent():
    with make(os.environ["INGLENOOK_KEY_NARROW"]) as client:
        assert client.chat.completions.create(model="parrot", messages=user("x")).choices
        assert [model.id for model in client.models.list()] == ["parrot"]
        with pytest.raises((openai.PermissionDeniedError, openai.NotFoundError)):
            client.chat.completions.create(model="other", messages=user("x"))


@pytest.mark.parametrize(
    "wrong",
    [{"messages": []}, {"temperature": 3}, {"top_p": 1.5}, {"max_tokens": 0}, {"messages": [{"role": "nobody", "content": "x"}]}],
    ids=["no messages", "temperature", "top_p", "max_tokens", "role"],
)
def test_a_request_that_breaks_a_rule(client, wrong):
    before = len(asked())
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**({"model": "parrot", "messages": user("x")} | wrong))
    assert caught.value.type == "invalid_request_error" and caught.value.body["message"]
    assert len(asked()) == before, "nothing may reach the provider"


def test_a_broken_provider(client):
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="broken-openai-python", messages=user("x"))
    assert caught.value.status_code == 502 and caught.value.body["message"]


def test_a_provider_over_its_limit(client):
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="busy", messages=user("x"))
    assert caught.value.response.headers["retry-after"] == "7"


def test_a_provider_that_refuses_its_key_is_not_the_clients_fault(client):
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model="keyless", messages=user("x"))
    assert caught.value.status_code == 424
    assert "provider-key" not in str(caught.value)


def test_a_stream_that_breaks_says_so(client):
    text = ""
    with pytest.raises(openai.APIError):
        for chunk in client.chat.completions.create(model="cut", messages=user("x"), stream=True):
            text += chunk.choices[0].delta.content or "" if chunk.choices else ""
    assert text and "You said: x" != text


def test_a_client_that_goes_away_in_the_middle(client):
    stream = client.chat.completions.create(model="parrot", messages=user("a b c d e f g h"), stream=True)
    next(iter(stream))
    stream.close()
    assert client.chat.completions.create(model="parrot", messages=user("still there")).choices
