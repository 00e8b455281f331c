"""A server of tools elsewhere, by streamable HTTP, and where one that is not to be trusted leads.

    http_server.py FILE [STATUS LOCATION]

Prints its port. FILE is where it writes down what it was asked. With a status it answers everything with that."""

import http.server
import json
import sys

FILE = sys.argv[1]
STATUS = int(sys.argv[2]) if len(sys.argv) > 2 else 0
LOCATION = sys.argv[3] if len(sys.argv) > 3 else ""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def note(self):
        with open(FILE, "a", encoding="utf-8") as file:
            file.write(f"{self.command} {self.path} {dict(self.headers)}\n")

    def do_GET(self):
        self.note()
        if STATUS:
            return self.lead_away()
        self.reply(405)

    do_DELETE = do_GET

    def lead_away(self):
        self.reply(STATUS, location=LOCATION, WWW_Authenticate=f'Bearer realm="{LOCATION}", resource_metadata="{LOCATION}"')

    def do_POST(self):
        self.note()
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if STATUS:
            return self.lead_away()
        if "id" not in request:
            return self.reply(202)
        method = request["method"]
        if method == "initialize":
            version = request["params"]["protocolVersion"]
            result = {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": {"name": "far", "version": "1"}}
        elif method == "tools/list":
            result = {"tools": [{"name": "echo", "inputSchema": {"type": "object"}}, {"name": "giant", "inputSchema": {"type": "object"}}]}
        elif request["params"]["name"] == "giant":
            result = {"content": [{"type": "text", "text": "x" * (9 << 20)}]}
        else:
            result = {"content": [{"type": "text", "text": "far: " + request["params"]["arguments"].get("text", "")}]}
        body = json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}).encode()
        self.reply(200, body, content_type="application/json", mcp_session_id="s-1")


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
