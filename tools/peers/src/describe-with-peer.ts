import { findPeer, planPeer, type Peer, type PeerOptions } from './find-peer.ts'
import type { SystemName } from './system.ts'
import { systems } from './systems/index.ts'

const bootTimeoutMs = 200_000

/** The part of a test runner that this needs; its globals, so that the conformance report can run the same files. */
type Runner = Pick<typeof import('@jest/globals'), 'afterAll' | 'beforeAll' | 'describe' | 'test'>

/**
 * A `describe` whose tests use a real server: `await describeWithPeer('redis', {}, (peer) => { test(…) })`. The peer is
 * there before the first test and gone after the last. Without one the tests are skipped with one line that says how to
 * get it; with CI=true that is a failure.
 *
 * @param define defines the tests; `peer()` is for use within them
 */
export async function describeWithPeer(
  name: SystemName,
  options: PeerOptions,
  define: (peer: () => Peer) => void,
): Promise<void> {
  const { environment = process.env } = options
  const { afterAll, beforeAll, describe, test } = globalThis as unknown as Runner
  const title = `${systems[name].title}${options.tls === true ? ' with TLS' : ''}`
  const plan = await planPeer(name, options)
  if (plan.source === 'missing') {
    const message = `${title}: ${plan.reason}. To get it: ${plan.howToGet}`
    if (environment['CI'] === 'true') {
      test(`${title} is there`, () => {
        throw new Error(message)
      })
      return
    }
    process.stderr.write(`Skipped, ${message}\n`)
    describe.skip(title, () => define(() => unavailable(title)))
    return
  }
  describe(title, () => {
    let peer: Peer | undefined
    beforeAll(async () => {
      peer = await findPeer(name, options)
    }, bootTimeoutMs)
    afterAll(async () => {
      await peer?.stop()
    })
    define(() => peer ?? unavailable(title))
  })
}

function unavailable(title: string): never {
  throw new Error(`${title}: the peer is there within tests and hooks only.`)
}
