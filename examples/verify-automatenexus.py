# A receiver for webhooks in the format automatenexus: run it, then point a webhook at it.
#   WEBHOOK_SECRET=… python3 verify-automatenexus.py [port]
import hashlib
import hmac
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ["WEBHOOK_SECRET"]
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 4000


def verified(body, headers):
    """True where the body is what was sent with this secret."""
    made = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(made.encode(), headers.get("x-automatenexus-signature", "").encode())


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
