<?php
// A receiver for webhooks in the format automatenexus: run it, then point a webhook at it.
//   WEBHOOK_SECRET=… php -S 127.0.0.1:4000 verify-automatenexus.php

/** True where the body is what was sent with this secret. */
function verified(string $body, array $headers, string $secret): bool
{
    $made = hash_hmac('sha256', $body, $secret);
    return hash_equals($made, $headers['x-automatenexus-signature'] ?? '');
}

$secret = getenv('WEBHOOK_SECRET') ?: throw new RuntimeException('Set WEBHOOK_SECRET.');
$body = file_get_contents('php://input');
$ok = verified($body, array_change_key_case(getallheaders()), $secret);
error_log(($ok ? 'verified ' : 'REFUSED ') . $body);
http_response_code($ok ? 204 : 401);
