<?php
// A receiver for webhooks in the format axcelerate: run it, then point a webhook at it.
//   WEBHOOK_SECRET=… php -S 127.0.0.1:4000 verify-axcelerate.php

/** True where the body is what was sent with this private key. */
function verified(string $body, array $headers, string $secret): bool
{
    $made = hash_hmac('sha256', $body, $secret);
    $signed = ($headers['ax-signature-version'] ?? '') === '1';
    return $signed && hash_equals($made, $headers['ax-signature'] ?? '');
}

/** What happened, by aXcelerate's names: ids are integers. */
function summary(string $body): string
{
    ['type' => $type, 'message' => $message] = json_decode($body, true);
    $enrolment = $message['enrolment'] ?? [];
    return match ($type) {
        'contact.contact_created', 'contact.contact_updated' => "$type: contact {$message['contact']['id']}",
        'student.workshop_enrolment_created' =>
            "$type: contact {$enrolment['contact_id']} in workshop " . ($enrolment['workshop']['id'] ?? 'none'),
        'student.unit_enrolment_status_changed' => "$type: contact {$enrolment['contact_id']}, {$enrolment['status']}",
        default => $type,
    };
}

$secret = getenv('WEBHOOK_SECRET') ?: throw new RuntimeException('Set WEBHOOK_SECRET.');
$body = file_get_contents('php://input');
$ok = verified($body, array_change_key_case(getallheaders()), $secret);
error_log(($ok ? 'verified ' : 'REFUSED ') . $body);
if ($ok) {
    error_log(summary($body));
}
http_response_code($ok ? 204 : 401);
