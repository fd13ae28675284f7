import { Secret } from '@casare/core'
import { memoryTokenStore, tokenAuthorizer, TokenSource, writeTokenSet } from '@casare/auth'

// Prints what a request pays for a token that is good: finding it, and the whole of putting it on the request.
const store = memoryTokenStore()
const now = Date.now()
await store.put(
  'k',
  writeTokenSet({
    accessToken: new Secret('a'.repeat(800)),
    tokenType: 'bearer',
    obtainedAt: now,
    expiresAt: now + 3_600_000,
  }),
)
const source = new TokenSource({ key: 'k', store, refresh: () => Promise.reject(new Error('not here')) })
await source.get()
const authorizer = tokenAuthorizer(source)
const { Redactor } = await import('@casare/core')
const context = {
  signal: new AbortController().signal,
  effect: 'read' as const,
  redactor: new Redactor(),
  fileRoots: [],
  note: () => undefined,
}

function measure(work: () => void): number {
  for (let i = 0; i < 200_000; i += 1) work()
  const runs = Array.from({ length: 5 }, () => {
    const startedAt = performance.now()
    for (let i = 0; i < 1_000_000; i += 1) work()
    return performance.now() - startedAt
  })
  return runs.sort((a, b) => a - b)[2] ?? Number.NaN
}

const findNs = measure(() => void source.get())
const applyNs = measure(() => {
  void authorizer.apply({ method: 'GET', origin: 'https://a.example', path: '/', headers: {} }, context)
})
console.log(JSON.stringify({ findNs, applyNs }))
