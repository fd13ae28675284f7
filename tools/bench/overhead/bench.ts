import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { atLeast, atMost, printTable, runChild, type Gate } from '../helpers.ts'

/** What the connectors add to a single call of the driver beneath. */
export default async function overhead(): Promise<Gate[]> {
  const point = await runChild<{ bareNs: number; connectorNs: number; addedNs: number }>(
    new URL('./sqlite-point-reads.ts', import.meta.url),
    [],
  )
  const server = spawn(process.execPath, [fileURLToPath(new URL('./server.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    const [line] = (await once(server.stdout, 'data')) as [Buffer]
    const get = await runChild<{ bare: number; connector: number; ratio: number }>(
      new URL('./rest-get.ts', import.meta.url),
      [line.toString().trim()],
    )
    printTable(
      ['call', 'bare', 'connector', 'connector / bare'],
      [
        [
          'sqlite point read, ns',
          Math.round(point.bareNs),
          Math.round(point.connectorNs),
          point.connectorNs / point.bareNs,
        ],
        ['rest.get at 50 in flight, per second', Math.round(get.bare), Math.round(get.connector), get.ratio],
      ],
    )
    return [
      atMost('sqlite.query point read: microseconds added', point.addedNs / 1_000, 2),
      atLeast('rest.get of undici.request at 50 in flight', get.ratio, 0.8),
    ]
  } finally {
    server.kill()
  }
}
