"""The official Python client's responses against the app: whole, streamed, kept, continued."""

import asyncio
import json
import time

import openai
import pydantic
import pytest
from test_openai import BASE_URL, KEY, asked, make

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture
def client():
    with make() as client:
        yield client


def said():
    return [(message["role"], message["content"]) for message in asked()[-1]["body"]["messages"][1:]]


def test_an_agent_answers(client):
    response = client.responses.create(model="parrot", input="polly", metadata={"a": "b"})
    assert response.id.startswith("resp_") and response.object == "response"
    assert response.status == "completed" and response.error is None
    assert response.output_text == "You said: polly"
    assert response.output[0].role == "assistant"
    assert response.model == "parrot" and response.metadata == {"a": "b"}
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.total_tokens) == (22, 7, 29)
    assert response.usage.input_tokens_details.cached_tokens == 3
    assert response.usage.output_tokens_details.reasoning_tokens == 2


def test_a_stream_of_events(client):
    events = list(client.responses.create(model="parrot", input="one two", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type for event in events[:2]] == ["response.created", "response.in_progress"]
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == "You said: one two"
    assert events[-1].type == "response.completed" and events[-1].response.output_text == text


def test_the_stream_helper(client):
    with client.responses.stream(model="parrot", input="a b c") as stream:
        pieces = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert len(pieces) > 3 and final.output_text == "".join(pieces) == "You said: a b c"


def test_the_asynchronous_client():
    async def ask():
        async with openai.AsyncOpenAI(base_url=BASE_URL, api_key=KEY, max_retries=0) as client:
            one, two = await asyncio.gather(
                client.responses.create(model="parrot", input="one"), client.responses.create(model="parrot", input="two")
            )
            return one.output_text, two.output_text

    assert asyncio.run(ask()) == ("You said: one", "You said: two")


def test_a_tool_call_and_its_result(client):
    ask = {"model": "weather", "tools": [WEATHER]}
    first = client.responses.create(input="What is the weather in Malmö?", **ask)
    (call,) = first.output
    assert (call.type, call.name, json.loads(call.arguments)) == ("function_call", "get_weather", {"city": "Malmö"})
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}
    second = client.responses.create(input=[result], previous_response_id=first.id, **ask)
    assert second.output_text == "The weather: rain."
    assert second.previous_response_id == first.id

    # the same without the server's memory
    items = [{"role": "user", "content": "What is the weather in Malmö?"}, *first.output, result]
    third = client.responses.create(input=items, store=False, **ask)
    assert third.output_text == "The weather: rain." and third.store is False


def test_a_streamed_tool_call(client):
    with client.responses.stream(model="weather", input="weather?", tools=[WEATHER]) as stream:
        kinds = [event.type for event in stream]
        (call,) = stream.get_final_response().output
    assert kinds.count("response.function_call_arguments.done") == 1
    assert call.call_id and json.loads(call.arguments) == {"city": "Malmö"}


def test_structured_output(client):
    class Nook(pydantic.BaseModel):
        name: str
        seats: int

    response = client.responses.parse(model="structured", input="describe", text_format=Nook)
    assert response.output_parsed == Nook(name="Inglenook", seats=2)
    sent = asked()[-1]["body"]["response_format"]
    assert sent["type"] == "json_schema" and sent["json_schema"]["strict"] is True


def test_a_conversation_goes_on_from_its_last_response(client):
    first = client.responses.create(model="parrot", input="one", instructions="Only for the first.")
    second = client.responses.create(model="parrot", input="two", previous_response_id=first.id)
    assert second.output_text == "You said: two"
    assert said() == [("user", "one"), ("assistant", "You said: one"), ("user", "two")]


def test_a_response_is_kept_until_it_is_deleted(client):
    kept = client.responses.create(model="parrot", input=[{"role": "user", "content": f"item {n}"} for n in range(3)])
    assert client.responses.retrieve(kept.id).output_text == "You said: item 2"
    items = list(client.responses.input_items.list(kept.id, order="asc", limit=2))
    assert [item.content[0].text for item in items] == ["item 0", "item 1", "item 2"], "over two pages"
    client.responses.delete(kept.id)
    for gone in (
        lambda: client.responses.retrieve(kept.id),
        lambda: client.responses.delete(kept.id),
        lambda: list(client.responses.input_items.list(kept.id)),
    ):
        with pytest.raises(openai.NotFoundError):
            gone()
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="parrot", input="x", previous_response_id=kept.id)
    assert (caught.value.param, caught.value.code) == ("previous_response_id", "previous_response_not_found")


def test_what_is_not_stored_is_not_there(client):
    response = client.responses.create(model="parrot", input="x", store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)


def test_a_response_in_the_background(client):
    response = client.responses.create(model="parrot", input="later", background=True)
    deadline = time.monotonic() + 20
    while response.status in ("queued", "in_progress"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
        response = client.responses.retrieve(response.id)
    assert response.output_text == "You said: later"
    assert client.responses.cancel(response.id).status == "completed", "too late to call it off"


def test_a_stream_in_the_background_is_taken_up_again(client):
    stream = client.responses.create(model="parrot", input="a b c d e", background=True, stream=True)
    first = [next(stream) for _ in range(4)]
    stream.close()
    rest = list(client.responses.retrieve(first[0].response.id, stream=True, starting_after=first[-1].sequence_number))
    assert [event.sequence_number for event in rest] == list(range(4, 4 + len(rest)))
    assert rest[-1].response.output_text == "You said: a b c d e"


def test_a_stream_that_breaks_says_so(client):
    events = list(client.responses.create(model="cut", input="x", stream=True))
    assert events[-1].type == "response.failed" and events[-1].response.error.message


def test_refusals(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.responses.create(model="no-such-agent", input="x")
    assert caught.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError):
        client.responses.create(model="parrot", input="x", temperature=3)
    with pytest.raises(openai.RateLimitError) as caught:
        client.responses.create(model="busy", input="x")
    assert caught.value.response.headers["retry-after"] == "7"
