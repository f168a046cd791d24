# A receiver for webhooks in the format axcelerate: run it, then point a webhook at it.
#   WEBHOOK_SECRET=… python3 verify-axcelerate.py [port]
import hashlib
import hmac
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ["WEBHOOK_SECRET"]
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 4000


def verified(body, headers):
    """True where the body is what was sent with this private key."""
    made = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    signed = headers.get("ax-signature-version") == "1"
    return signed and hmac.compare_digest(made.encode(), headers.get("ax-signature", "").encode())


def summary(body):
    """What happened, by aXcelerate's names: ids are integers."""
    event = json.loads(body)
    kind, message = event["type"], event["message"]
    if kind in ("contact.contact_created", "contact.contact_updated"):
        return f"{kind}: contact {message['contact']['id']}"
    if kind == "student.workshop_enrolment_created":
        enrolment = message["enrolment"]
        return f"{kind}: contact {enrolment['contact_id']} in workshop {enrolment.get('workshop', {}).get('id')}"
    if kind == "student.unit_enrolment_status_changed":
        return f"{kind}: contact {message['enrolment']['contact_id']}, {message['enrolment']['status']}"
    return kind


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        ok = verified(body, self.headers)
        print("verified" if ok else "REFUSED", body.decode(), flush=True)
        if ok:
            print(summary(body), flush=True)
        self.send_response(204 if ok else 401)
        self.end_headers()

    do_PUT = do_PATCH = do_POST


print(f"listening on http://127.0.0.1:{PORT}", flush=True)
ThreadingHTTPServer(("127.0.0.1", PORT), Receiver).serve_forever()
