"""What is said in the long conversation: every kind of thing that a thread shows, in turn."""

import base64
import json
import struct
import zlib

LONG_TITLE = "The long conversation"


def picture(n):
    """A small PNG of one colour, as a data part carries it."""
    colour = bytes((n * step % 256 for step in (37, 91, 151)))
    lines = (b"\0" + colour * 64) * 48

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 48, 8, 2, 0, 0, 0))
    return base64.b64encode(png + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")).decode()


def code(words):
    names = words.text(6).split()
    body = "\n".join(f"    {name} = compute({n}, '{name}')  # step {n}" for n, name in enumerate(names))
    return f"{words.text(20)}\n\n```python\ndef {names[0]}(value):\n{body}\n    return {names[0]}\n```\n\n{words.text(15)}"


def table(words):
    line = lambda: "| " + " | ".join(words.text(4).split()) + " |"
    return "\n".join([words.text(8), "", line(), "|---|---:|:---:|---|", *(line() for _ in range(8)), "", words.text(12)])


def maths(words):
    sums = r"\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2}"
    return f"{words.text(15)}\n\n$$\n{sums}\n$$\n\n{words.text(10)} \\(a^2 + b^2 = c^2\\) {words.text(5)}"


def long_line(words):
    return f"{words.text(5)}\n\n```\n{words.text(200)}\n```\n\n{words.text(80).replace(' ', '')}"


def listed(words):
    items = "\n".join(f"- **{words.text(1)}** {words.text(8)} `{words.text(1)}`" for _ in range(7))
    return f"## {words.text(4)}\n\n{words.text(30)}\n\n{items}\n\n> {words.text(20)}\n\n[{words.text(2)}](https://example.com/)"


def prose(words):
    return "\n\n".join(words.text(45) for _ in range(3))


ANSWERS = [prose, code, table, listed, maths, long_line]


def said_in_the_long_one(count, words):
    """Role, text and parts of that many messages; parts are `None` where a message is one text."""
    for n in range(count):
        ten = n % 20
        if ten == 10:
            media = {"source": {"kind": "base64", "data": picture(n)}, "media_type": "image/png", "name": None}
            text = words.text(8)
            yield "user", text, [{"type": "text", "text": text}, {"type": "image", **media}]
        elif ten == 15:
            arguments = json.dumps({"query": words.text(3), "limit": 10})
            yield "assistant", "", [{"type": "tool_call", "id": f"call_{n}", "name": "look_up", "arguments": arguments}]
        elif ten == 16:
            found = [{"type": "text", "text": words.text(40)}]
            yield "tool", "", [{"type": "tool_result", "call_id": f"call_{n - 1}", "parts": found, "is_error": False}]
        elif n % 2 == 0:
            yield "user", words.text(10 + n % 30), None
        else:
            yield "assistant", ANSWERS[n // 2 % len(ANSWERS)](words), None
