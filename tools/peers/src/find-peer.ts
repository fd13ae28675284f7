import { startContainerPeer } from './container-peer.ts'
import { findBinary } from './find-binary.ts'
import { greet } from './greet.ts'
import { howToGet, variableOf } from './how-to-get.ts'
import { startPrivatePeer } from './private-peer.ts'
import type { System, SystemName } from './system.ts'
import { systems } from './systems/index.ts'

/** Where a peer comes from. */
export type PeerSource = 'environment' | 'private' | 'docker' | 'local'

/** A real server for tests. They own a random database, prefix or virtual host on it and leave everything else alone. */
export interface Peer {
  readonly system: SystemName
  readonly source: PeerSource
  /** With the account and password to use. */
  readonly url: string
  /** `undefined` where the server does not tell strangers. */
  readonly version: string | undefined
  /** Certificate of the authority to trust, PEM; only for a private instance with TLS. */
  readonly ca: string | undefined
  /** Process id of a private instance's server. */
  readonly processId: number | undefined
  /** Ends what was started for this test, and nothing else. */
  stop(): Promise<void>
}

/** Where a peer would come from; nothing is started yet. */
export type PeerPlan =
  { readonly source: PeerSource } | { readonly source: 'missing'; readonly reason: string; readonly howToGet: string }

export interface PeerOptions {
  /** The peer must speak TLS, with a certificate for 127.0.0.1 and localhost. Default: false. */
  readonly tls?: boolean | undefined
  /** Default: `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
}

/**
 * Where a peer of this system would come from, in this order: the variable CASARE_TEST_<SYSTEM>_URL; a private instance
 * of an installed binary; Docker with CASARE_PEERS=docker; with CI=true or CASARE_PEERS=local, a server that listens on
 * the standard port. The last three have no say in what the first names.
 */
export async function planPeer(name: SystemName, options: PeerOptions = {}): Promise<PeerPlan> {
  const { tls = false, environment = process.env } = options
  const system = systems[name]
  if (environment[variableOf(system)]) return { source: 'environment' }
  const absent = system.binaries.filter((binary) => findBinary(binary, system.folders) === undefined)
  if (absent.length === 0 && (!tls || system.tls)) return { source: 'private' }
  if (tls) return { source: 'missing', reason: missingTls(system, absent), howToGet: howToGet(system) }
  const { CI: continuous, CASARE_PEERS: wanted } = environment
  if (wanted === 'docker' && system.container !== undefined) return { source: 'docker' }
  const reason = `${absent.join(', ')} is not installed`
  if (continuous !== 'true' && wanted !== 'local') return { source: 'missing', reason, howToGet: howToGet(system) }
  const answers = await greet(system, { ...addressOf(system.standardUrl), timeoutMs: 2_000 }).then(
    () => true,
    () => false,
  )
  return answers
    ? { source: 'local' }
    : {
        source: 'missing',
        reason: `${reason}, and nobody answers at ${system.standardUrl}`,
        howToGet: howToGet(system),
      }
}

/**
 * Finds a real server of this system, or starts one of the test's own.
 *
 * @returns `undefined` where there is none
 * @throws when the one that is named or started does not answer
 */
export async function findPeer(name: SystemName, options: PeerOptions = {}): Promise<Peer | undefined> {
  const { tls = false, environment = process.env } = options
  const system = systems[name]
  const { source } = await planPeer(name, options)
  const nothing = { system: name, ca: undefined, processId: undefined, stop: () => Promise.resolve() }
  switch (source) {
    case 'environment': {
      const url = environment[variableOf(system)] ?? ''
      const trust = tls && system.tlsFirst ? true : undefined
      return {
        ...nothing,
        source,
        url,
        version: await greet(system, { ...addressOf(url), tls: trust, timeoutMs: 5_000 }),
      }
    }
    case 'private': {
      const { url, version, ca, processId, stop } = await startPrivatePeer(name, { tls })
      return { system: name, source, url, version, ca, processId, stop }
    }
    case 'docker':
      return { ...nothing, source, ...(await startContainerPeer(system)) }
    case 'local': {
      const url = system.standardUrl
      return { ...nothing, source, url, version: await greet(system, { ...addressOf(url), timeoutMs: 5_000 }) }
    }
    case 'missing':
      return undefined
  }
}

function missingTls(system: System, absent: readonly string[]): string {
  return system.tls ? `${absent.join(', ')} is not installed` : 'this peer does not speak TLS'
}

/** Host and port of a URL; of the first one where it names several servers. */
function addressOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url.replace(/,.*$/, ''))
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) }
}
