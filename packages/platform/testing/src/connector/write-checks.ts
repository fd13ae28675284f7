import type { AnyStream, AnyWrite, WriteResult } from '@casare/core'
import { ensure, ensureEqual, within, type Check } from '../checks/check.ts'
import type { DrivenConnection, WriteSubject } from '../subject/connector-subject.ts'
import { changed, failureOf, type Trial } from '../subject/trial.ts'
import { trialCheck, type SuiteContext } from './suite-context.ts'

/** Writing: an answer for each record, whatever happens. */
export function writeChecks(context: SuiteContext, stream: string, subject: WriteSubject): Check[] {
  const check = (name: string, run: (trial: Trial, connection: DrivenConnection) => Promise<number>): Check =>
    trialCheck(context, 'writes', `${stream}: ${name}`, async (trial) => {
      const connection = trial.connect()
      await subject.prepare?.(connection, trial.target)
      return run(trial, connection)
    })
  const write = (connection: DrivenConnection, records: unknown, options: object = {}): Promise<WriteResult> =>
    within(connection.$.write(stream, records as unknown[], subject.input, options), 15_000, `${stream}.write`)
  const numbers = (count: number): number[] => Array.from({ length: count }, (_one, index) => index)
  const records = (count: number): unknown[] => numbers(count).map((number) => subject.record(number))

  return [
    check('every record of several batches, and none twice', async (trial, connection) => {
      ensureEqual(await write(connection, records(10), { batchRecords: 3 }), { succeeded: 10, failed: [] }, 'result')
      ensureEqual(
        await subject.stored(connection, trial.target, numbers(10)),
        numbers(10).map(() => 1),
        'stored',
      )
      return 10
    }),
    check('nothing to write, and a source that streams', async (trial, connection) => {
      ensureEqual(await write(connection, []), { succeeded: 0, failed: [] }, 'nothing')
      const source = (async function* () {
        for (const record of records(5)) yield record
      })()
      ensureEqual(await write(connection, source), { succeeded: 5, failed: [] }, 'a stream')
      ensureEqual(
        await subject.stored(connection, trial.target, numbers(5)),
        numbers(5).map(() => 1),
        'stored',
      )
      return 2
    }),
    ...[0, 4, 8].map((place) =>
      check(
        `poison at place ${place} of 9: found, named by its index, the others written`,
        async (trial, connection) => {
          const batch = [...records(8)]
          batch.splice(place, 0, subject.poison)
          const { succeeded, failed } = await write(connection, batch)
          ensureEqual(
            { succeeded, failed: failed.map(({ index }) => index) },
            { succeeded: 8, failed: [place] },
            'result',
          )
          ensure(failed[0]?.error.applied === 'no', 'the poison record: applied must be no')
          ensureEqual(
            await subject.stored(connection, trial.target, numbers(8)),
            numbers(8).map(() => 1),
            'stored',
          )
          return 9
        },
      ),
    ),
    check('a batch that failed before it was sent is written once', async (trial) => {
      const shaken = trial.connect({}, shakenWrite(trial, stream, 'before', 'ECONNREFUSED'))
      const { succeeded } = await write(shaken, records(4))
      ensure(succeeded === 4, `${succeeded} of 4 records after a refused connection`)
      ensureEqual(
        await subject.stored(shaken, trial.target, numbers(4)),
        numbers(4).map(() => 1),
        'stored',
      )
      return 4
    }),
    check('a batch whose answer was lost is stored once, or reported as unknown', async (trial) => {
      const shaken = trial.connect({}, shakenWrite(trial, stream, 'after', 'ECONNRESET'))
      const { succeeded, failed } = await write(shaken, records(4))
      ensureEqual(
        await subject.stored(shaken, trial.target, numbers(4)),
        numbers(4).map(() => 1),
        'stored',
      )
      for (const { index, error } of failed)
        ensure(error.code === 'outcome_unknown', `record ${index} is stored, and reported as ${error.code}`)
      ensure(succeeded + failed.length === 4, 'a record has no answer')
      return 4
    }),
    check('aborted before: nothing is written', async (trial, connection) => {
      const error = await failureOf(write(connection, records(3), { signal: AbortSignal.abort() }), 'aborted')
      ensure(error.code === 'cancelled', `an aborted write gave ${error.code}`)
      ensureEqual(await subject.stored(connection, trial.target, numbers(3)), [0, 0, 0], 'stored')
      return 3
    }),
  ]
}

/** The connector with a writing facet whose first batch fails: before it did anything, or after it was done. */
function shakenWrite(trial: Trial, stream: string, when: 'before' | 'after', code: string): Trial['connector'] {
  const streams = trial.connector.spec.streams as Record<string, AnyStream>
  const { write } = streams[stream] as { write: AnyWrite }
  let failed = false
  const shaken: AnyWrite = {
    ...write,
    async write(...parts) {
      const fails = !failed
      failed = true
      const failure = Object.assign(new Error(`connection lost, ${code}`), { code })
      if (fails && when === 'before') throw failure
      const result = await write.write(...parts)
      if (fails) throw failure
      return result
    },
  }
  return changed(trial.connector, { streams: { ...streams, [stream]: { ...streams[stream], write: shaken } } })
}
