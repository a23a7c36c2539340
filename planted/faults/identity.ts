/** Who asks, and what they may. */
import type { Fault } from '../fault.ts'

export const IDENTITY: readonly Fault[] = [
  {
    name: 'revoked-key-works',
    why: 'A key that leaked can not be stopped.',
    file: 'migrations/0007_gate.sql',
    search: 'elsif key.revoked_at is not null then',
    replace: 'elsif key.revoked_at > at then',
    tests: ['test/node/sql/gate.test.ts'],
  },
  {
    name: 'ended-session-works',
    why: 'Access tokens live on after logging out.',
    file: 'migrations/0007_gate.sql',
    search: 'and s.merchant_id = for_merchant and s.ended_at is null and s.expires_at > at;',
    replace: 'and s.merchant_id = for_merchant and s.expires_at > at;',
    tests: ['test/node/sql/gate.test.ts'],
  },
  {
    name: 'role-not-held-against-the-scope',
    why: 'A viewer may do whatever an owner may.',
    file: 'migrations/0007_gate.sql',
    search: "elsif not coalesce((request ->> 'scope') = any (scopes), false) then",
    replace: 'elsif held_role is null then',
    tests: ['test/node/sql/gate.test.ts'],
  },
  {
    name: 'unknown-address-is-allowed',
    why: 'A key that is good from some addresses is good for whoever shows none.',
    file: 'migrations/0007_gate.sql',
    search: "and not coalesce((request ->> 'ip_address')::inet <<= any (key.ip_allow_list), false) then",
    replace: "and not coalesce((request ->> 'ip_address')::inet <<= any (key.ip_allow_list), true) then",
    tests: ['test/node/sql/gate.test.ts'],
  },
  {
    name: 'key-makes-a-stronger-key',
    why: 'A key hands out scopes that it does not hold itself.',
    file: 'migrations/0005_api_keys.sql',
    search: "if tg_op = 'INSERT' and app.context() is not null",
    replace: "if tg_op = 'UPDATE' and app.context() is not null",
    tests: ['test/node/sql/gate.test.ts'],
  },
  {
    name: 'stolen-refresh-token-goes-on',
    why: 'A refresh token that comes twice is refused, and the thief keeps the session.',
    file: 'migrations/0006_sessions.sql',
    search:
      "    update public.sessions s set ended_at = at, end_reason = 'refresh_token_reused' where s.id = session.id;\n",
    replace: '',
    tests: ['test/http/auth.test.ts'],
    named: 'ends the whole family',
  },
  {
    name: 'attempts-not-counted-per-account',
    why: 'A password is guessed from many addresses without an end.',
    file: 'migrations/0006_sessions.sql',
    search: "at, array['account:' || account, 'address:' || app.counted_address(address)],",
    replace: "at, array['account:' || account || coalesce(address, ''), 'address:' || app.counted_address(address)],",
    tests: ['test/http/auth.test.ts'],
    named: 'logging in',
  },
  {
    name: 'token-never-expires',
    why: 'An access token that leaked is good for as long as its session.',
    file: 'src/crypto/access-token.ts',
    search: 'currentDate: new Date(nowMs),',
    replace: 'currentDate: new Date(Math.min(nowMs, 0)),',
    tests: ['test/crypto/access-token.test.ts'],
  },
  {
    name: 'token-of-any-algorithm',
    why: 'The token itself says how it is to be verified.',
    file: 'src/crypto/access-token.ts',
    search: '      algorithms: [ALGORITHM],\n',
    replace: '',
    tests: ['test/crypto/access-token.test.ts'],
  },
  {
    name: 'beginning-is-enough',
    why: 'A part of a signature is as good as all of it.',
    file: 'src/crypto/bytes.ts',
    search: '  if (a.length !== b.length) return false\n',
    replace: '',
    tests: ['test/crypto/bytes.test.ts'],
  },
  {
    name: 'unknown-user-answered-faster',
    why: 'Who has an account is told by the time that the refusal takes.',
    file: 'src/operations/identity/sessions.ts',
    search: '  const check = await verifyPassword(input.password, account?.password_hash ?? dummyPasswordHash)\n',
    replace: `  if (account === null) return refused('sign_in_refused')
  const check = await verifyPassword(input.password, account.password_hash)
`,
    tests: ['test/node/operations/password-cost.test.ts'],
  },
]
