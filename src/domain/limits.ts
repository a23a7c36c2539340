/** Every bound in one place: what the service takes, waits for and keeps. Units are in the names. */

export const LIMITS = {
  bodyBytes: 1_048_576,
  jsonDepth: 20,
  pageSizeDefault: 25,
  pageSizeMax: 100,
  metadataBytes: 8_000,
  apiKeysPerMode: 100,
  connectionsPerMode: 50,
  webhookEndpointsPerMode: 50,
  /** One try at a provider. */
  providerTimeoutMs: 10_000,
  providerAnswerBytes: 1_048_576,
  attemptsPerTransaction: 10,
  /** How long a claim on an idempotency key holds off a second request: longer than a provider's two calls. */
  idempotencyLockSeconds: 30,
  expiresInSecondsMin: 300,
  expiresInSecondsDefault: 86_400,
  expiresInSecondsMax: 604_800,
  deliveryTimeoutMs: 15_000,
  deliveryAnswerBytesRead: 65_536,
  deliveryAnswerBytesKept: 4_096,
  deliveriesPerBatch: 100,
  /** Longer than the slowest batch of deliveries, in which each waits for its time-out. */
  deliveryLeaseSeconds: 300,
  deliveryBatchesPerSweep: 20,
  /** Longer than applying a provider event takes, so that a lease outlives the work it is for. */
  leaseSeconds: 60,
  sweepRowsMax: 100,
  /** Payments taken by a sweep are asked after some at a time: longer than the slowest round of them. */
  sweepLeaseSeconds: 300,
  /** A Worker has six connections to the outside. */
  concurrentCalls: 6,
  retentionRowsMax: 1_000,
  signInAttemptsPerAccount: 10,
  signInAttemptsPerAddress: 50,
  registrationAttemptsPerAccount: 10,
  registrationAttemptsPerAddress: 20,
  sessionSeconds: 30 * 86_400,
  keyRotationOverlapSecondsDefault: 86_400,
  keyRotationOverlapSecondsMax: 7 * 86_400,
  /** After a secret key is changed, the provider may still sign with the old one (paystack.md, section 9). */
  previousCredentialsSeconds: 3 * 86_400,
  /** How long an isolate keeps a connection's opened webhook secrets. */
  webhookSecretsCacheMs: 60_000,
  webhookSecretsCacheEntries: 1_000,
} as const
