# A receiver for webhooks in the format axocrm: run it, then point a webhook at it.
#   WEBHOOK_SECRET=axo_whsec_… python3 verify-axocrm.py [port]
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
    """True where the body is what was sent with this secret, not long ago."""
    timestamp = headers.get("x-axocrm-timestamp", "0")
    digest = hmac.new(SECRET.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    fresh = timestamp.isdigit() and abs(time.time() - int(timestamp)) < TOLERANCE_S
    sent = headers.get("x-axocrm-signature", "")
    return fresh and hmac.compare_digest(f"sha256={digest}".encode(), sent.encode())


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
