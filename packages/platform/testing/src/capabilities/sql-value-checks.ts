import { decode, encode, SecretHandles, type AnyConnector } from '@casare/core'
import { ensure, inapplicable, isNotApplicable, type Check } from '../checks/check.ts'
import { seededRandom } from '../faults/random.ts'
import type { SqlSubject, SqlValueCase, SqlValueKind } from './sql.ts'
import { canonical, fixedValues, randomValue } from './sql-values.ts'
import { key, refused, sqlCheck, type SqlWorld } from './sql-world.ts'

const promise = 'values'

/** Every value comes back as it was stored, whichever way it went; what cannot be stored exactly is refused. */
export function sqlValueChecks(connector: AnyConnector, subject: SqlSubject): Check[] {
  const kinds = Object.keys(fixedValues) as SqlValueKind[]
  return [
    ...kinds.map((kind) => {
      const given = subject.values[kind]
      if (isNotApplicable(given)) return inapplicable(promise, kind, given)
      return sqlCheck(connector, subject, promise, `${kind}: exact, bound, in bulk and as JSON`, (world) =>
        roundTrip(world, kind, given),
      )
    }),
    sqlCheck(connector, subject, promise, 'half a surrogate pair, undefined, functions: refused', async (world) => {
      await world.table('things', key, ['value', textType(subject)])
      const unusable = ['\ud800', 'a\udc00b', undefined, () => 1, Symbol('s'), new Date(NaN)]
      for (const value of unusable) await ensureRefused(world, value)
      const { rows } = await world.db.query({ text: 'select id from things' })
      ensure(rows.length === 0, `${rows.length} rows were stored all the same`)
      return unusable.length
    }),
    sqlCheck(
      connector,
      subject,
      promise,
      'NUL in a text, integers beyond 64 bits: refused, or exact',
      async (world) => {
        await world.table('things', key, ['value', textType(subject)])
        const { db } = world
        const text = `insert into things (id, value) values (1, ${subject.placeholder(1)})`
        const taken = await db.execute({ text, values: ['a\0b'] }).then(
          () => true,
          () => false,
        )
        if (taken) {
          const { rows } = await db.query({ text: 'select value from things' })
          ensure(rows[0]?.['value'] === 'a\0b', `NUL was stored as ${JSON.stringify(rows[0]?.['value'])}`)
        } else await ensureRefused(world, 'a\0b')
        const { integers } = subject.values
        if (isNotApplicable(integers)) return 1
        await world.table('numbers', key, ['value', integers.type])
        for (const value of [2n ** 63n, -(2n ** 63n) - 1n, 2n ** 70n])
          await refused(
            db.execute({
              text: `insert into numbers (id, value) values (1, ${subject.placeholder(1)})`,
              values: [value],
            }),
            `${value}`,
            'invalid_input',
          )
        return 4
      },
    ),
    sqlCheck(connector, subject, promise, 'NULL in every type', async (world) => {
      let count = 0
      for (const [kind, given] of Object.entries(subject.values)) {
        if (isNotApplicable(given)) continue
        await world.table(kind, key, ['value', given.type])
        const result = await world.db.rows.write([{ id: 1, value: null }], { table: kind })
        ensure(result.succeeded === 1, `${kind}: ${result.failed[0]?.error.message}`)
        for await (const row of world.db.rows.read({ table: kind })) ensure(row['value'] === null, `${kind}: not NULL`)
        count += 1
      }
      return count
    }),
  ]
}

function textType({ values: { texts } }: SqlSubject): string {
  return isNotApplicable(texts) ? 'text' : texts.type
}

async function ensureRefused({ db, subject }: SqlWorld, value: unknown): Promise<void> {
  const text = `insert into things (id, value) values (2, ${subject.placeholder(1)})`
  const what = `the value ${String(value)}`
  await refused(db.execute({ text, values: [value] }), what, 'invalid_input')
  const { succeeded, failed } = await db.rows.write([{ id: 2, value }], { table: 'things' })
  ensure(succeeded === 0 && failed[0]?.error.code === 'invalid_input', `${what} was taken by rows.write`)
  ensure(
    failed[0].error.message.includes('value'),
    `${what}: the message does not name the column: ${failed[0].error.message}`,
  )
}

async function roundTrip(world: SqlWorld, kind: SqlValueKind, given: SqlValueCase): Promise<number> {
  const { subject, db } = world
  const values = valuesOf(subject, kind, given)
  const { returned = (value: unknown) => value } = given
  const expected = values.map((value) => canonical(returned(value)))
  const rows = values.map((value, id) => ({ id, value }))
  const handles = new SecretHandles()
  const toJson = async (value: unknown): Promise<unknown> =>
    encode(value, { handles, revealSecrets: false, spool: undefined })
  const insert = (table: string): string =>
    `insert into ${table} (id, value) values (${subject.placeholder(1)}, ${subject.placeholder(2)})`

  const ways: Record<string, (table: string) => Promise<unknown>> = {
    bound: async (table) => {
      for (const { id, value } of rows) await db.execute({ text: insert(table), values: [id, value] })
    },
    bulk: async (table) => ensureWritten(await db.rows.write(rows, { table })),
    upsert: async (table) => ensureWritten(await db.rows.write(rows, { table, key: ['id'] })),
    json: async (table) => {
      for (const { id, value } of rows) {
        const result = await db.$.execute('execute', { text: insert(table), values: [id, await toJson(value)] })
        ensure(result.success, result.success ? '' : `${kind} as JSON: ${result.error.message}`)
      }
    },
    json_bulk: async (table) =>
      ensureWritten(await db.$.write('rows', (await toJson(rows)) as unknown[], { table, key: ['id'] })),
  }
  for (const [way, write] of Object.entries(ways)) {
    const table = `things_${way}`
    await world.table(table, key, ['value', given.type])
    await write(table)
    const query = { text: `select id, value from ${table} order by id` }
    compare(`${kind}, ${way}, by query`, expected, (await db.query(query)).rows)
    const read: Record<string, unknown>[] = []
    for await (const row of db.rows.read({ table })) read.push(row)
    compare(`${kind}, ${way}, by rows.read`, expected, read)
    const answer = await db.$.execute('query', query)
    ensure(answer.success, `${kind}, ${way}: $.execute failed`)
    const plain: unknown = JSON.parse(JSON.stringify(answer.output))
    const { rows: decoded } = decode(plain, handles) as { rows: Record<string, unknown>[] }
    compare(`${kind}, ${way}, by JSON`, expected, decoded)
  }
  return values.length * Object.keys(ways).length
}

function valuesOf(
  subject: SqlSubject,
  kind: SqlValueKind,
  { values = [], without = () => false }: SqlValueCase,
): unknown[] {
  const random = seededRandom((subject.seed ?? 1) * 7_919)
  const drawn = Array.from({ length: subject.randomValues ?? 100 }, () => randomValue(kind, random))
  const found = [...fixedValues[kind], ...values, ...drawn.filter((one) => one !== undefined).map(({ value }) => value)]
  return found.filter((value) => !without(value))
}

function ensureWritten(result: { failed: readonly { index: number; error: { message: string } }[] }): void {
  const [failure] = result.failed
  ensure(failure === undefined, `row ${failure?.index} was not written: ${failure?.error.message}`)
}

function compare(what: string, expected: readonly string[], rows: readonly Record<string, unknown>[]): void {
  ensure(rows.length === expected.length, `${what}: ${rows.length} of ${expected.length} rows came back`)
  for (const [index, row] of rows.entries()) {
    const got = canonical(row['value'])
    ensure(got === expected[index], `${what}: stored ${expected[index]?.slice(0, 200)}, got ${got.slice(0, 200)}`)
  }
}
