import { conditionsAfter, orderField, orderNames, pageOf, type RowsCursor } from '@casare/sql'
import { describe, expect, test } from '@jest/globals'

const order = [
  { name: '"at"', nullable: true, field: 'at' },
  { name: '"id"', nullable: false, field: 'casare_order_1' },
]
const plan = { order, extraFields: ['casare_order_1'], incremental: true }

function after(position: RowsCursor<unknown> | undefined, rowValues = false, nullable = true) {
  const values: unknown[] = []
  const columns = order.map((one) => ({ ...one, nullable: one.nullable && nullable }))
  const conditions = conditionsAfter(
    { ...plan, order: columns },
    position,
    (_index, value) => `$${values.push(value)}`,
    rowValues,
  )
  return { conditions, values }
}

describe('the condition for what comes after a position', () => {
  test('at the beginning there is none', () => {
    expect(after(undefined)).toEqual({ conditions: [], values: [] })
    expect(after({ after: [] })).toEqual({ conditions: [], values: [] })
  })

  test('in mid-read it is strict, and ties go on by the rest of the key', () => {
    expect(after({ after: ['x', 7] })).toEqual({
      conditions: ['("at" > $1 or ("at" = $2 and "id" > $3))'],
      values: ['x', 'x', 7],
    })
  })

  test('NULL sorts first', () => {
    expect(after({ after: [null, 7] })).toEqual({
      conditions: ['("at" is not null or ("at" is null and "id" > $1))'],
      values: [7],
    })
  })

  test('after an end the last value of a column that grows is read again', () => {
    expect(after({ after: ['x', 7], end: true })).toEqual({ conditions: ['"at" >= $1'], values: ['x'] })
    expect(after({ after: [null, 7], end: true })).toEqual({ conditions: [], values: [] })
  })

  test('as one row only where nothing can be NULL', () => {
    expect(after({ after: ['x', 7] }, true, false).conditions).toEqual(['("at", "id") > ($1, $2)'])
    expect(after({ after: ['x', 7] }, true, true).conditions).toEqual(['("at" > $1 or ("at" = $2 and "id" > $3))'])
  })

  test('the position of another read is refused', () => {
    expect(() => after({ after: [1] })).toThrow(/another table or order/)
  })
})

test('a page: its cursor is behind the last row, and what was added for it is taken off', () => {
  const rows = [{ at: 1, casare_order_1: 8 }]
  expect(pageOf(plan, rows, undefined, true, (value) => value)).toEqual({
    records: [{ at: 1 }],
    cursor: { after: [1, 8], end: true },
    last: true,
  })
  expect(pageOf(plan, [], { after: [1, 8] }, true, (value) => value).cursor).toEqual({ after: [1, 8], end: true })
})

test('the order: what grows comes first, and once', () => {
  expect(orderNames('at', ['id', 'at'])).toEqual(['at', 'id'])
  expect(orderNames(undefined, ['id'])).toEqual(['id'])
  expect(orderField('id', ['at'], 1)).toBe('casare_order_1')
})
