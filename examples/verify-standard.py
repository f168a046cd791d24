# A receiver for webhooks in the format standard (Standard Webhooks): run it, then point a webhook at it.
#   WEBHOOK_SECRET=whsec_… python3 verify-standard.py [port]
import base64
import hashlib
import hmac
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ["WEBHOOK_SECRET"]
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
TOLERANCE_S = 300


def verified(body, headers):
    """True where one of the signatures fits the body, and it was sent not long ago."""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "0")
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    made = b"v1," + base64.b64encode(digest)
    fresh = timestamp.isdigit() and abs(time.time() - int(timestamp)) < TOLERANCE_S
    signatures = headers.get("webhook-signature", "").encode().split(b" ")
    return fresh and any(hmac.compare_digest(made, sent) for sent in signatures)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        ok = verified(body, self.headers)
        print("verified" if ok else "REFUSED", body.decode(), flush=True)
        self.send_response(204 if ok else 401)
        self.end_headers()

    do_PUT = do_PATCH = do_POST


print(f"listening on http://127.0.0.1:{PORT}", flush=True)
ThreadingHTTPServer(("127.0.0.1", PORT), Receiver).serve_forever()
