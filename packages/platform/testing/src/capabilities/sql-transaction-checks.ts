import type { AnyConnector } from '@casare/core'
import { ensure, ensureEqual, type Check } from '../checks/check.ts'
import type { SqlConnection, SqlSubject } from './sql.ts'
import { refused, sqlCheck, type SqlWorld } from './sql-world.ts'

const promise = 'transactions'
const grow = 'update people set age = age + 1 where id = 1'

/** A transaction is all or nothing, seen by nobody before its end, and over when its callback is. */
export function sqlTransactionChecks(connector: AnyConnector, subject: SqlSubject): Check[] {
  const check = (name: string, run: (world: SqlWorld) => Promise<number>): Check =>
    sqlCheck(connector, subject, promise, name, async (world) => {
      await world.people()
      return run(world)
    })
  return [
    check('committed where the callback resolves; nobody saw it before', async (world) => {
      const { db } = world
      const result = await db.transaction(async (tx) => {
        await tx.execute({ text: "insert into people (id, name) values (3, 'Alan')" })
        ensureEqual(await world.names(tx), ['Ada', 'Grace', 'Alan'], 'inside')
        ensureEqual(await world.names(db), ['Ada', 'Grace'], 'outside')
        return 'the result'
      })
      ensure(result === 'the result', 'the result of the callback is lost')
      ensureEqual(await world.names(), ['Ada', 'Grace', 'Alan'], 'after')
      return 3
    }),
    check('rolled back where it throws, and the error leaves as it is', async (world) => {
      const failure = new Error('my own')
      const outcome = await world.db
        .transaction(async (tx) => {
          await tx.execute({ text: 'delete from people' })
          await tx.rows.write([{ id: 5, name: 'x' }], { table: 'people' })
          throw failure
        })
        .then(
          () => undefined,
          (error: unknown) => error,
        )
      ensure(outcome === failure, `the callback's error became ${String(outcome)}`)
      ensureEqual(await world.names(), ['Ada', 'Grace'], 'people')
      return 1
    }),
    check('a batch is all or nothing', async (world) => {
      await refused(
        world.db.batch({
          statements: [
            { text: "insert into people (id, name) values (3, 'Alan')" },
            { text: "insert into people (id, name) values (1, 'again')" },
          ],
        }),
        'a batch with a doubled key',
        'already_exists',
      )
      ensureEqual(await world.names(), ['Ada', 'Grace'], 'people')
      return 1
    }),
    check('rows written inside: poison is found, and the others are part of the transaction', async (world) => {
      const rows = [
        { id: 3, name: 'Alan' },
        { id: 1, name: 'again' },
        { id: 4, name: 'Edsger' },
      ]
      await world.db.transaction(async (tx) => {
        const { succeeded, failed } = await tx.rows.write(rows, { table: 'people' })
        ensureEqual(
          [succeeded, failed.map(({ index, error }) => [index, error.code])],
          [2, [[1, 'already_exists']]],
          'result',
        )
        ensureEqual(await world.names(tx), ['Ada', 'Grace', 'Alan', 'Edsger'], 'inside')
      })
      ensureEqual(await world.names(), ['Ada', 'Grace', 'Alan', 'Edsger'], 'after')
      return 3
    }),
    check('rows are read and written in one loop', async (world) => {
      await world.db.transaction(async (tx) => {
        for await (const { id } of tx.rows.read({ table: 'people' }, { pageSize: 1 }))
          await tx.execute({ text: `update people set age = ${Number(id)} where id = ${Number(id)}` })
      })
      const { rows } = await world.db.query({ text: 'select age from people order by id' })
      ensureEqual(
        rows.map(({ age }) => Number(age)),
        [1, 2],
        'ages',
      )
      return 2
    }),
    check('many at once, through one and the same row', async (world) => {
      await Promise.all(
        Array.from({ length: 20 }, () =>
          world.db.transaction(async (tx) => {
            await tx.execute({ text: grow })
            await tx.query({ text: 'select 1' })
          }),
        ),
      )
      const { rows } = await world.db.query({ text: 'select age from people where id = 1' })
      ensure(Number(rows[0]?.['age']) === 56, `20 times one more than 36 is ${String(rows[0]?.['age'])}`)
      return 20
    }),
    check('statements at once inside of one', async (world) => {
      await world.db.transaction(async (tx) => {
        await Promise.all(Array.from({ length: 20 }, () => tx.execute({ text: grow })))
      })
      const { rows } = await world.db.query({ text: 'select age from people where id = 1' })
      ensure(Number(rows[0]?.['age']) === 56, `20 times one more than 36 is ${String(rows[0]?.['age'])}`)
      return 20
    }),
    check('what is called on it after its end is refused', async (world) => {
      let late: SqlConnection | undefined
      await world.db.transaction(async (tx) => {
        late = tx
        await tx.execute({ text: grow })
      })
      ensure(late !== undefined, 'the callback was not called')
      await refused(late.execute({ text: 'delete from people' }), 'a call after the end', 'invalid_input', 'cancelled')
      ensureEqual(await world.names(), ['Ada', 'Grace'], 'people')
      return 1
    }),
  ]
}
