<?php
// A receiver for webhooks in the format standard (Standard Webhooks): run it, then point a webhook at it.
//   WEBHOOK_SECRET=whsec_… php -S 127.0.0.1:4000 verify-standard.php
const TOLERANCE_S = 300;

/** True where one of the signatures fits the body, and it was sent not long ago. */
function verified(string $body, array $headers, string $secret): bool
{
    $id = $headers['webhook-id'] ?? '';
    $timestamp = $headers['webhook-timestamp'] ?? '0';
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret));
    $made = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    $fresh = ctype_digit($timestamp) && abs(time() - (int) $timestamp) < TOLERANCE_S;
    foreach (explode(' ', $headers['webhook-signature'] ?? '') as $sent) {
        if ($fresh && hash_equals($made, $sent)) {
            return true;
        }
    }
    return false;
}

$secret = getenv('WEBHOOK_SECRET') ?: throw new RuntimeException('Set WEBHOOK_SECRET.');
$body = file_get_contents('php://input');
$ok = verified($body, array_change_key_case(getallheaders()), $secret);
error_log(($ok ? 'verified ' : 'REFUSED ') . $body);
http_response_code($ok ? 204 : 401);
