// Starts private peers, tells about them in one line, and holds them until it is killed: `node hold-peers.ts NAME…`.
import { startPrivatePeer } from '../src/private-peer.ts'
import type { SystemName } from '../src/system.ts'

const names = process.argv.slice(2) as SystemName[]
const peers = await Promise.all(names.map((name) => startPrivatePeer(name, { tls: false })))
process.stdout.write(`${JSON.stringify(peers)}\n`)
setInterval(() => undefined, 60_000)
