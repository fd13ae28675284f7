import { atLeast, printTable, runChild, type Gate } from '../helpers.ts'
import { startPrivatePeer } from '../../peers/src/private-peer.ts'
import type { Measured } from './calls.ts'

/**
 * What typed calls cost over the bare client, at 1, 10 and 100 in flight. The gates are against the client as its README
 * uses it; against one whose time limit per command is switched off the ratio is printed beside it.
 */
export default async function redisBench(): Promise<Gate[]> {
  const peer = await startPrivatePeer('redis', { tls: false })
  try {
    const measured = await runChild<Measured[]>(new URL('./calls.ts', import.meta.url), [peer.url])
    printTable(
      ['call', 'in flight', 'bare per second', 'bare as it comes', 'connector', 'of bare', 'of bare as it comes'],
      measured.map(({ call, inFlight, bare, usual, connector, ofBare, ofUsual }) => [
        call,
        inFlight,
        Math.round(bare),
        Math.round(usual),
        Math.round(connector),
        ofBare,
        ofUsual,
      ]),
    )
    return measured.map(({ call, inFlight, ofUsual }) =>
      atLeast(`redis.${call} of the client as it comes, at ${inFlight} in flight`, ofUsual, 0.85),
    )
  } finally {
    await peer.stop()
  }
}
