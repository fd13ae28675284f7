import { startPrivatePeer } from '../../peers/src/private-peer.ts'
import { atLeast, printTable, runChild, type Gate } from '../helpers.ts'

/** What sqs.ts measures, in messages per second. */
export interface SqsMeasured {
  readonly batched: { readonly bare: number; readonly connector: number; readonly ratio: number }
  readonly single: { readonly bare: number; readonly connector: number; readonly ratio: number }
}

/**
 * SQS beside the bare SDK on the same emulator: written in batches of ten, as many requests at once on both sides; and
 * message by message, 100 at once, where the connector gathers what comes within 5 ms.
 */
export default async function cloud(): Promise<Gate[]> {
  const peer = await startPrivatePeer('fauxqs', { tls: false })
  try {
    const { batched, single } = await runChild<SqsMeasured>(new URL('./sqs.ts', import.meta.url), [peer.url])
    printTable(
      ['messages per second', 'bare SDK', 'connector', 'of bare'],
      [
        ['SQS: written in batches', Math.round(batched.bare), Math.round(batched.connector), batched.ratio],
        ['SQS: written singly', Math.round(single.bare), Math.round(single.connector), single.ratio],
      ],
    )
    return [
      atLeast('SQS, batches, of the bare SDK', batched.ratio, 0.95),
      atLeast('SQS, single messages, of the bare SDK', single.ratio, 3),
    ]
  } finally {
    await peer.stop()
  }
}
