/** What a key or a role may do. The database holds the roles' scopes (app.scopes_of) and checks them in the gate. */

export const SCOPES = [
  'profile:read',
  'profile:write',
  'api_keys:read',
  'api_keys:write',
  'connections:read',
  'connections:write',
  'transactions:read',
  'transactions:write',
  'refunds:write',
  'webhooks:read',
  'webhooks:write',
  'events:read',
  'audit:read',
] as const

export type Scope = (typeof SCOPES)[number]

/** What a key gets where its maker names no scopes: payments and what belongs to them, nothing that hands out access or money. */
export const DEFAULT_KEY_SCOPES: readonly Scope[] = [
  'profile:read',
  'connections:read',
  'transactions:read',
  'transactions:write',
  'webhooks:read',
  'webhooks:write',
  'events:read',
]
