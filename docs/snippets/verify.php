<?php
// composer require standard-webhooks/standard-webhooks
require __DIR__ . '/vendor/autoload.php';

$webhook = new StandardWebhooks\Webhook(getenv('PAYBRIDGE_WEBHOOK_SECRET'));

// The signature is over the body as it came: no JSON parser may have touched it.
$body = file_get_contents('php://input');
$headers = [
    'webhook-id' => $_SERVER['HTTP_WEBHOOK_ID'] ?? null,
    'webhook-timestamp' => $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? null,
    'webhook-signature' => $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? null,
];
try {
    $event = $webhook->verify($body, $headers);
} catch (Throwable) {
    http_response_code(400);
    exit;
}
// It may come twice: act on each $event['id'] once. What takes long goes after the answer.
error_log("{$event['type']} {$event['id']}");
http_response_code(204);
