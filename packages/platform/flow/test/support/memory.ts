import { anyRecord, ConnectorError, defineConnector, listens, reads, stream, writes, type Schema } from '@casare/core'

/** A schema that takes any object, for a connector of tests. */
const anything: Schema<object, Record<string, unknown>> = anyRecord
const numberCursor: Schema<number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => (typeof value === 'number' ? { value } : { issues: [{ message: 'expected a number' }] }),
    jsonSchema: { input: () => ({ type: 'integer' }), output: () => ({ type: 'integer' }) },
  },
}

interface Config {
  readonly system?: Memory
}

const config: Schema<Config> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => ({ value: value as Config }),
    jsonSchema: {
      input: () => ({
        type: 'object',
        properties: { system: { type: 'object' }, password: { type: 'string', secret: true } },
      }),
      output: () => ({ type: 'object' }),
    },
  },
}

/** A system in memory: records to read, a table that takes what is written, and switches for what goes wrong. */
export class Memory {
  records: unknown[] = []
  readonly table = new Map<unknown, unknown>()
  readonly batches: number[] = []
  readonly keys: string[] = []
  readErrors: (Error | undefined)[] = []
  writeErrors: (Error | undefined)[] = []
  refuse: (record: Record<string, unknown>) => Error | undefined = () => undefined
  pagesRead = 0
  onPage: () => void = () => undefined
  /** Events that wait to be delivered, and what became of the others. */
  queue: { id: string; event: unknown }[] = []
  readonly acknowledged: string[] = []
  readonly returned: string[] = []
  /** Called when there is something new in the queue. */
  wake: () => void = () => undefined

  send(...events: unknown[]): void {
    for (const event of events) this.queue.push({ id: `e${this.#sent++}`, event })
    this.wake()
  }

  #sent = 0
}

export const unavailable = (): ConnectorError =>
  new ConnectorError({ code: 'unavailable', applied: 'no', message: 'down' })

export const memory = defineConnector({
  name: 'memory',
  title: 'Memory',
  category: 'other',
  contractVersion: 1,
  config,
  open: ({ system }) => system ?? new Memory(),
  toError: () => undefined,
  streams: {
    events: stream({
      description: 'Events.',
      listen: listens({
        input: anything,
        event: anything,
        async subscribe(system: Memory, _input, context) {
          context.ready()
          while (!context.signal.aborted) {
            const next = system.queue.shift()
            if (next === undefined) {
              await new Promise<void>((resolve) => {
                system.wake = resolve
                context.signal.addEventListener('abort', () => resolve(), { once: true })
              })
              continue
            }
            await context.deliver({
              id: next.id,
              redelivered: false,
              event: next.event as Record<string, unknown>,
              ack: () => void system.acknowledged.push(next.id),
              nack: () => void system.returned.push(next.id),
            })
          }
        },
      }),
    }),
    records: stream({
      description: 'Records.',
      read: reads({
        input: anything,
        record: anything,
        cursor: numberCursor,
        identify: (record) => ({ id: String((record as { id: number }).id.toFixed(0)) }),
        async *pages(system: Memory, _input, { cursor = 0, maxRecords = 10 }) {
          for (let from = cursor; from < system.records.length;) {
            const failure = system.readErrors.shift()
            if (failure !== undefined) throw failure
            system.pagesRead += 1
            system.onPage()
            const records = system.records.slice(from, from + maxRecords) as Record<string, unknown>[]
            from += records.length
            yield { records, cursor: from }
          }
        },
      }),
      write: writes({
        input: anything,
        record: anyRecord,
        effect: 'keyed',
        maxBatchRecords: 1_000,
        write(system: Memory, records, _input, { keys }) {
          const failure = system.writeErrors.shift()
          if (failure !== undefined) throw failure
          system.batches.push(records.length)
          return records.flatMap((record, index) => {
            const row = record as Record<string, unknown>
            const error = system.refuse(row)
            if (error !== undefined) return [{ index, error }]
            system.table.set(row['id'], row)
            system.keys.push(keys?.[index] ?? '')
            return []
          })
        },
      }),
    }),
  },
})
