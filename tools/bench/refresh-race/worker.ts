import { OAuthClient, TokenSource } from '@casare/auth'
import { openStore } from './stores.ts'

// One of the processes of the race: `worker.ts STORE ADDRESS ISSUER`. Asked by messages of its parent.
const [kind = '', address = '', issuer = ''] = process.argv.slice(2)
const { store } = openStore(kind, address)
const client = new OAuthClient({ issuer, clientId: 'public', timeouts: { readMs: 60_000 } })
const source = new TokenSource({
  key: 'race',
  store,
  refresh: (current, signal) => {
    process.send?.({ holding: true })
    if (current?.refreshToken === undefined) throw new Error('There is no refresh token.')
    return client.refresh(current.refreshToken, {}, { signal })
  },
})

/** All callers at once: the token that was good until now is so no longer. */
process.on('message', ({ callers, refused }: { callers: number; refused: string | undefined }) => {
  const calls = Array.from({ length: callers }, async () => {
    const tokens = await (refused === undefined ? source.get() : source.replace(refused))
    return tokens.accessToken.reveal()
  })
  void Promise.allSettled(calls).then((settled) => {
    const tokens = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const failures = settled.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))
    process.send?.({ tokens: [...new Set(tokens)], failed: failures.length, why: [...new Set(failures)].slice(0, 3) })
  })
})
process.send?.({ ready: true })
