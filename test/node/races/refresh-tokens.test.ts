/** A refresh token that is used more than once at the same moment. */
import { describe, expect, test } from 'vitest'
import { caller } from '../../support/world.ts'
import { openCourse, race } from './race.ts'

const CONTESTANTS = 4
const REFRESH = '/api/v1/auth/token/refresh/'

const course = await openCourse('refresh_tokens')
const { world, owner } = course
const visitor = caller(world.app, undefined)

const refresh = (token: string, headers?: Record<string, string>) => visitor.post(REFRESH, { refresh: token }, headers)

/** The session as the database has it: why it ended, its tokens, and how often reuse was put on record. */
const sessionOf = async (sessionId: string) =>
  (
    await owner.rows(
      `select s.end_reason,
        (select count(*)::int from refresh_tokens t where t.session_id = s.id) as tokens,
        (select count(*)::int from refresh_tokens t where t.session_id = s.id and t.used_at is null) as unused,
        (select count(*)::int from audit_entries a
         where a.object_id = s.id and a.action = 'session.reuse_detected') as detected
       from sessions s where s.id = $1`,
      [sessionId],
    )
  )[0]

const said = ({ status, body }: { status: number; body: { code?: string } }): string =>
  status === 200 ? '200' : `${status} ${body.code}`

describe('a refresh token that is used several times at once', () => {
  test('by requests that know nothing of each other: one new pair, and the session ends', async () => {
    await race(course, {
      prepare: () => world.newMerchant(),
      contestants: ({ refreshToken }) => Array.from({ length: CONTESTANTS }, () => () => refresh(refreshToken)),
      line: 'refresh_tokens',
      async judge(answers, { sessionId, person }) {
        expect(answers.map(said).sort()).toEqual([
          '200',
          ...Array(CONTESTANTS - 2).fill('401 refresh_token_invalid'),
          '401 refresh_token_reused',
        ])
        expect(await sessionOf(sessionId)).toEqual({
          end_reason: 'refresh_token_reused',
          tokens: 2,
          unused: 1,
          detected: 1,
        })
        const pair = answers.find(({ status }) => status === 200)
        expect(said(await refresh(String(pair?.body.refresh)))).toBe('401 refresh_token_invalid')
        expect((await person.get('/api/v1/profile/me/')).status).toBe(401)
      },
    })
  })

  test('by one request and its repeats: one new pair, the same for all', async () => {
    await race(course, {
      prepare: () => world.newMerchant(),
      contestants: ({ refreshToken }) =>
        Array.from({ length: CONTESTANTS }, () => () => refresh(refreshToken, { 'idempotency-key': 'again' })),
      line: 'refresh_tokens',
      async judge(answers, { sessionId }) {
        expect(answers.map(said)).toEqual(Array(CONTESTANTS).fill('200'))
        expect(new Set(answers.map(({ body }) => body.refresh)).size).toBe(1)
        expect(await sessionOf(sessionId)).toEqual({ end_reason: null, tokens: 2, unused: 1, detected: 0 })
      },
    })
  })
})
