import type { AnyConnector } from '@casare/core'
import { ensure, ensureEqual, isNotApplicable, type Check } from '../checks/check.ts'
import type { SqlSubject } from './sql.ts'
import { key, refused, sqlCheck, type SqlWorld } from './sql-world.ts'

const hostileNames = [
  'order',
  'Select',
  'with space',
  'a"b',
  "a'b",
  'a`b',
  'a\\b',
  'a.b',
  'a]b',
  '"; drop table people; --',
  'grüße 🦊',
  '%s $1 ?',
  '1',
  '__proto__',
  'constructor',
]

/** Names are quoted, one text is one statement, errors say where, and the connection survives them. */
export function sqlSafetyChecks(connector: AnyConnector, subject: SqlSubject): Check[] {
  const check = (promise: string, name: string, run: (world: SqlWorld) => Promise<number>): Check =>
    sqlCheck(connector, subject, promise, name, run)
  return [
    check('identifiers', 'hostile names of tables and columns are names, and nothing else', async (world) => {
      await world.people()
      const { impossibleName = () => false } = subject
      for (const name of hostileNames)
        if (impossibleName(name)) await refusedName(world, name)
        else await namedTable(world, name)
      ensure((await world.names()).length === 2, 'the table "people" has changed')
      return hostileNames.length
    }),
    check('identifiers', 'names that cannot be: invalid_input or not_found', async ({ db }) => {
      const names = ['a\0b', '\ud800', 'x'.repeat(10_000)]
      for (const table of names) {
        await refused(drain(db.rows.read({ table })), 'reading', 'invalid_input', 'not_found')
        const { failed } = await db.rows.write([{ id: 1 }], { table })
        ensure(failed[0]?.error.applied === 'no', 'writing a table that cannot be was taken')
      }
      return names.length
    }),
    check('one statement', 'several in one text are refused, and none of them runs', async (world) => {
      await world.people()
      const texts = [
        'delete from people; delete from people',
        'select 1; delete from people',
        'delete from people where id = 1; select 1',
        "insert into people (id, name) values (3, 'x'); commit",
      ]
      for (const text of texts)
        for (const call of [
          world.db.query({ text }),
          world.db.execute({ text }),
          world.db.batch({ statements: [{ text }] }),
        ])
          await refused(call, text, 'invalid_input')
      ensureEqual(await world.names(), ['Ada', 'Grace'], 'people')
      return texts.length * 3
    }),
    check('errors', 'an unknown table or column: with the nearest names', async (world) => {
      await world.people()
      const { db } = world
      await refused(db.query({ text: 'select * from peopel' }), 'an unknown table', 'not_found')
      await refused(db.query({ text: 'select nmae from people' }), 'an unknown column', 'invalid_input')
      const table = await refused(drain(db.rows.read({ table: 'peopel' })), 'reading an unknown table', 'not_found')
      const by = await refused(
        drain(db.rows.read({ table: 'people', by: 'agee' })),
        'an unknown column',
        'invalid_input',
      )
      const written = await db.rows.write([{ id: 3, nmae: 'x' }], { table: 'people' })
      const lost = await db.rows.write([{ id: 3 }], { table: 'peopel' })
      const keyed = await db.rows.write([{ id: 3, name: 'x' }], { table: 'people', key: ['idd'] })
      const said: [string, string][] = [
        [table.message, 'people'],
        [by.message, 'age'],
        [written.failed[0]?.error.message ?? '', 'name'],
        [lost.failed[0]?.error.message ?? '', 'people'],
        [keyed.failed[0]?.error.message ?? '', 'id'],
      ]
      for (const [message, name] of said) ensure(message.includes(`"${name}"`), `"${name}" is not in: ${message}`)
      return said.length + 2
    }),
    check('errors', 'a value that does not fit: column and row', async (world) => {
      await world.people()
      for (const count of [4, 400]) {
        const rows = Array.from({ length: count }, (_one, index) => ({
          id: 100 + index,
          name: `n${index}`,
          age: index,
        }))
        const place = Math.floor(count * 0.7)
        ;(rows[place] as { age: unknown }).age = 'not a number'
        for (const input of [{ table: 'people' }, { table: 'people', key: ['id'] }]) {
          await world.db.execute({ text: 'delete from people where id >= 100' })
          const { succeeded, failed } = await world.db.rows.write(rows, input)
          ensureEqual([succeeded, failed.map(({ index }) => index)], [count - 1, [place]], 'result')
          const { code, message } = failed[0]?.error ?? { code: '', message: '' }
          ensure(code === 'invalid_input' && /\bage\b/.test(message), `${code}: ${message}`)
        }
      }
      return 4
    }),
    check('errors', 'the same connection works on after each of them', async (world) => {
      await world.people()
      const db = world.connect(subject.single ?? {})
      const failing = [
        'selec 1',
        'select * from nowhere',
        "insert into people (id, name) values (1, 'again')",
        'insert into people (id, name) values (9, null)',
        'select nothing from people',
        'update people set id = 1 where id = 2',
        'delete from people; select 1',
      ]
      for (const text of failing) {
        await refused(db.query({ text }), text, 'invalid_input', 'not_found', 'already_exists', 'conflict')
        ensureEqual(await world.names(db), ['Ada', 'Grace'], `after ${text}`)
        await refused(
          db.transaction(async (tx) => tx.execute({ text })),
          `${text}, in a transaction`,
          'invalid_input',
          'not_found',
          'already_exists',
          'conflict',
        )
        ensureEqual(await world.names(db), ['Ada', 'Grace'], `after ${text} in a transaction`)
      }
      return failing.length * 2
    }),
    check('errors', 'a syntax error says where', async ({ db }) => {
      const error = await refused(db.query({ text: 'select 1,\n  2 frm 3 4' }), 'a syntax error', 'invalid_input')
      const { position } = subject
      if (!isNotApplicable(position)) ensure(position.test(error.message), `no position in: ${error.message}`)
      return 1
    }),
    check('read-only', 'the server refuses every change, whatever is tried', async (world) => {
      await world.people()
      const db = world.connect({ readOnly: true, ...subject.single })
      ensureEqual(await world.names(db), ['Ada', 'Grace'], 'people')
      let count = 0
      const attempt = async (): Promise<void> => {
        const text = "insert into people (id, name) values (7, 'x')"
        await refused(db.execute({ text }), 'execute', 'permission_denied')
        await refused(db.query({ text }), 'query', 'permission_denied')
        await refused(db.batch({ statements: [{ text: 'select 1' }, { text }] }), 'batch', 'permission_denied')
        const { failed } = await db.rows.write([{ id: 8, name: 'x' }], { table: 'people' })
        ensure(failed[0]?.error.code === 'permission_denied', `rows.write: ${failed[0]?.error.code}`)
        await refused(
          db.transaction(async (tx) => tx.execute({ text })),
          'in a transaction',
          'permission_denied',
        )
        count += 5
      }
      await attempt()
      for (const text of subject.escapes) {
        await db.execute({ text }).catch(() => undefined)
        await db
          .transaction(async (tx) => {
            await tx.execute({ text }).catch(() => undefined)
            await tx.execute({ text: "insert into people (id, name) values (9, 'x')" })
          })
          .catch(() => undefined)
        await attempt()
      }
      ensureEqual(await world.names(), ['Ada', 'Grace'], 'people, in the end')
      return count
    }),
  ]
}

async function refusedName({ db }: SqlWorld, name: string): Promise<void> {
  await refused(drain(db.rows.read({ table: name })), `reading ${name}`, 'invalid_input', 'not_found')
  await refused(drain(db.rows.read({ table: 'people', columns: [name] })), `a column ${name}`, 'invalid_input')
}

async function namedTable(world: SqlWorld, name: string): Promise<void> {
  const { db } = world
  await world.table(`t ${name}`, key, [name, world.subject.shortText])
  const table = `t ${name}`
  for (const value of ['first', 'second']) {
    // A field of any name, `__proto__` too.
    const record = Object.defineProperty({ id: 1 }, name, { value, enumerable: true })
    const { failed } = await db.rows.write([record], { table, key: ['id'] })
    ensure(failed.length === 0, `${JSON.stringify(name)}: ${failed[0]?.error.message}`)
  }
  for (const input of [{ table }, { table, by: name }, { table, columns: [name] }])
    for await (const row of db.rows.read(input))
      ensure(Object.getOwnPropertyDescriptor(row, name)?.value === 'second', `${JSON.stringify(name)} by rows.read`)
  const { columns } = await db.describeTable({ table })
  ensureEqual(
    columns.map((column) => column.name),
    ['id', name],
    'describeTable',
  )
}

async function drain(rows: AsyncIterable<unknown>): Promise<void> {
  for await (const row of rows) ensure(row !== undefined, 'a row is missing')
}
