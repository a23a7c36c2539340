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
  /** One call to a provider. */
  providerTimeoutMs: 10_000,
  /** One call to open a page, where another connection could take the payment: a provider that is down costs no more. */
  failoverTimeoutMs: 3_000,
  /** Calls of one errand at a provider, such as the pages of its list. */
  callsPerConversation: 10,
  providerAnswerBytes: 1_048_576,
  attemptsPerTransaction: 10,
  /** Connections that one request tries after the first. */
  failoversPerRequest: 3,
  /** Failures in a row that open a connection's circuit, for how long at first, and at most. */
  circuitFailures: 3,
  circuitOpenSeconds: 30,
  circuitOpenSecondsMax: 300,
  /** How long one payment may try whether a provider is back before the next one may. */
  circuitProbeSeconds: 15,
  /** How often a merchant's demand to verify one payment reaches the provider. */
  verifyEverySeconds: 1,
  /** Between two walks over a provider's list, and how far each reaches back behind the end of the last. */
  reconcileEverySeconds: 6 * 3600,
  reconcileOverlapSeconds: 86_400,
  /** What is younger may be under way between the two books. */
  reconcileLagSeconds: 300,
  /** Longer than a sweep's pages take. */
  reconcileLeaseSeconds: 900,
  reconcileRunsPerSweep: 20,
  reconcilePagesPerSweep: 20,
  /** Pages in a row that can't be read, before a run is given up. */
  reconcileFailuresMax: 20,
  routingRulesMax: 50,
  routingTargetsMax: 20,
  refundsPerTransaction: 100,
  /** How long a claim on an idempotency key holds off a second request: longer than a provider's two calls. */
  idempotencyLockSeconds: 30,
  expiresInSecondsMin: 300,
  expiresInSecondsDefault: 86_400,
  expiresInSecondsMax: 604_800,
  webhookUrlLength: 2_000,
  deliveryTimeoutMs: 15_000,
  deliveryAnswerBytesRead: 65_536,
  deliveryAnswerBytesKept: 4_096,
  /** Asking what an endpoint's name leads to; how long an isolate keeps the answer, and of how many names. */
  nameLookupMs: 2_000,
  nameCacheMs: 60_000,
  nameCacheEntries: 1_000,
  deliveriesPerBatch: 100,
  /** Of those that are due, the oldest so many are looked at for a batch. */
  deliveriesLookedAt: 1_000,
  /** Posts of one batch under way to one endpoint at a time, and deliveries to it taken by all batches. */
  deliveriesPerEndpointAtOnce: 2,
  deliveriesPerEndpointTaken: 100,
  /** An endpoint that has not answered for so long is sent nothing more until it does. */
  endpointSlowSeconds: 2,
  /** How long a batch waits for the next answer before it writes down what it has. */
  deliveryPatienceMs: 250,
  /** Failures in a row that pause an endpoint, for how long at first, and at most. */
  endpointFailures: 5,
  endpointPauseSeconds: 30,
  endpointPauseSecondsMax: 3_600,
  retryAfterSecondsMax: 86_400,
  /** A queue holds a message back for at most half a day; what is due later is the sweep's. */
  nudgeAheadSeconds: 300,
  endpointWarnDays: 1,
  endpointWarnAgainDays: 2,
  endpointDisableDays: 5,
  endpointFailedAttemptsMin: 10,
  customHeadersMax: 20,
  replayEventsMax: 10_000,
  secretOverlapSecondsDefault: 86_400,
  secretOverlapSecondsMax: 7 * 86_400,
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
  streamTicketSeconds: 30,
  /** Of a public ticket: as long as a payer's browser may take to open the page that it is printed on. */
  publicStreamTicketSeconds: 300,
  /** Sockets of one merchant in one mode. */
  streamsPerMode: 5_000,
  /** Between two looks at whether a stream's key or session still holds: at most 5 s pass until one ends. */
  streamCheckMs: 3_000,
  /** A stream that shows nothing says all the same how far it is, this often where it moves, and where it doesn't. */
  streamTellMs: 3_000,
  streamQuietMs: 30_000,
  /** Events and bytes that are sent to a socket ahead of its acknowledgements, and how long a full one is waited for. */
  streamWindowEvents: 256,
  streamWindowBytes: 1_048_576,
  streamStallMs: 10_000,
  /** A page of one question to the database, questions in one round trip, and public streams in one. */
  streamPageEvents: 100,
  streamQuestionsMax: 50,
  watchedPerRoundTrip: 100,
  streamMessageBytes: 1_000,
  longPollSecondsMax: 20,
  longPollsPerMode: 1_000,
  /** How long an isolate keeps a connection's opened webhook secrets. */
  webhookSecretsCacheMs: 60_000,
  webhookSecretsCacheEntries: 1_000,
} as const
