"""The official Anthropic client for Python against the app."""

import asyncio
import os

import anthropic
import pytest

ROOT = os.environ["INGLENOOK_BASE_URL"].removesuffix("/v1")
KEY = os.environ["INGLENOOK_KEY_PYTHON"]
WEATHER = {
    "name": "get_weather",
    "description": "The weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture
def client():
    return anthropic.Anthropic(base_url=ROOT, api_key=KEY, max_retries=0, timeout=120)


def user(text):
    return [{"role": "user", "content": text}]


def ask(client, **more):
    return client.messages.create(**{"model": "parrot", "max_tokens": 64, "messages": user("polly"), **more})


def test_a_message(client):
    message = ask(client, system="Speak up.")
    assert [block.text for block in message.content] == ["You said: polly"]
    assert (message.role, message.model, message.stop_reason) == ("assistant", "parrot", "end_turn")
    # the agent's instructions, the caller's and the message; what was cached is counted apart on this wire
    assert (message.usage.input_tokens, message.usage.cache_read_input_tokens) == (30, 3)
    assert message.usage.output_tokens == 7
    assert message._request_id.startswith("ca_")


def test_a_stream(client):
    with client.messages.stream(model="parrot", max_tokens=64, messages=user("one two three")) as stream:
        assert "".join(stream.text_stream) == "You said: one two three"
        message = stream.get_final_message()
    assert (message.stop_reason, message.usage.output_tokens) == ("end_turn", 7)


def test_a_tool_loop_streamed(client):
    asked = {"model": "weather", "max_tokens": 64, "tools": [WEATHER]}
    with client.messages.stream(messages=user("Malmö?"), **asked) as stream:
        first = stream.get_final_message()
    (call,) = [block for block in first.content if block.type == "tool_use"]
    assert (first.stop_reason, call.name, call.input) == ("tool_use", "get_weather", {"city": "Malmö"})
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "rain"}
    conversation = [*user("Malmö?"), {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    last = client.messages.create(messages=conversation, **asked)
    assert last.content[0].text == "The weather: rain."


def test_tokens_are_counted(client):
    few = client.messages.count_tokens(model="parrot", messages=user("polly")).input_tokens
    many = client.messages.count_tokens(model="parrot", messages=user("polly " * 100), tools=[WEATHER]).input_tokens
    assert 0 < few < many


def test_models_in_pages(client):
    page = client.models.list(limit=2)
    assert page.has_more and len(page.data) == 2
    ids = [model.id for model in client.models.list(limit=2)]
    assert "claude-parrot" in ids and len(ids) == len(set(ids))
    assert client.models.retrieve("claude-parrot").type == "model"
    assert ask(client, model="claude-parrot").content[0].text == "You said: polly"


def test_errors_have_their_classes(client):
    stranger = anthropic.Anthropic(base_url=ROOT, api_key="sk-ink-wrong", max_retries=0)
    with pytest.raises(anthropic.AuthenticationError):
        ask(stranger)
    with pytest.raises(anthropic.NotFoundError) as missing:
        ask(client, model="nobody")
    assert missing.value.body["error"]["type"] == "not_found_error"
    with pytest.raises(anthropic.BadRequestError) as wrong:
        ask(client, messages=[])
    assert wrong.value.request_id.startswith("ca_")
    with pytest.raises(anthropic.RateLimitError):
        ask(client, model="busy", extra_headers={"x-inglenook-retry": "false"})


def test_a_failing_provider_is_no_storm():
    client = anthropic.Anthropic(base_url=ROOT, api_key=KEY, timeout=120)
    with pytest.raises(anthropic.InternalServerError) as failed:
        ask(client, model="broken-anthropic-python")
    assert failed.value.response.headers["x-should-retry"] == "false"


def test_a_cut_stream_raises(client):
    with pytest.raises(anthropic.APIError):
        with client.messages.stream(model="cut", max_tokens=64, messages=user("one two")) as stream:
            for _ in stream.text_stream:
                pass


def test_the_async_client():
    async def all_of_it():
        async with anthropic.AsyncAnthropic(base_url=ROOT, auth_token=KEY, api_key=None, max_retries=0) as client:
            async with client.messages.stream(model="parrot", max_tokens=64, messages=user("later")) as stream:
                return [text async for text in stream.text_stream]

    assert "".join(asyncio.run(all_of_it())) == "You said: later"
