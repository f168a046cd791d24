<?php
// A receiver for webhooks in the format axocrm: run it, then point a webhook at it.
//   WEBHOOK_SECRET=axo_whsec_… php -S 127.0.0.1:4000 verify-axocrm.php
const TOLERANCE_S = 300;

/** True where the body is what was sent with this secret, not long ago. */
function verified(string $body, array $headers, string $secret): bool
{
    $timestamp = $headers['x-axocrm-timestamp'] ?? '0';
    $made = 'sha256=' . hash_hmac('sha256', "$timestamp.$body", $secret);
    $fresh = ctype_digit($timestamp) && abs(time() - (int) $timestamp) < TOLERANCE_S;
    return $fresh && hash_equals($made, $headers['x-axocrm-signature'] ?? '');
}

$secret = getenv('WEBHOOK_SECRET') ?: throw new RuntimeException('Set WEBHOOK_SECRET.');
$body = file_get_contents('php://input');
$ok = verified($body, array_change_key_case(getallheaders()), $secret);
error_log(($ok ? 'verified ' : 'REFUSED ') . $body);
http_response_code($ok ? 204 : 401);
