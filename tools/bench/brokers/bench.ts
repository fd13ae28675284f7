import { atLeast, printTable, runChild, type Gate } from '../helpers.ts'
import { startPrivatePeer } from '../../peers/src/private-peer.ts'
import type { Measured } from './measured.ts'

/**
 * Messages per second written and handled, beside the bare clients doing the same: the same batches and confirmations, the
 * same parts of a message decoded, the same commits. What the clients' READMEs do is printed beside it, not compared.
 */
export default async function brokers(): Promise<Gate[]> {
  const measured: Measured[] = []
  for (const system of ['rabbitmq', 'kafka'] as const) {
    const peer = await startPrivatePeer(system, { tls: false })
    try {
      measured.push(...(await runChild<Measured[]>(new URL(`./${system}.ts`, import.meta.url), [peer.url])))
    } finally {
      await peer.stop()
    }
  }
  printTable(
    ['what', 'bare per second', 'connector', 'of bare', 'as its README does'],
    measured.map(({ name, bare, connector, ratio, readme }) => [
      name,
      Math.round(bare),
      Math.round(connector),
      ratio,
      Math.round(readme),
    ]),
  )
  return measured.map(({ name, ratio }) => atLeast(`${name}, of the bare client`, ratio, 0.9))
}
