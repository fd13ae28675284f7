import { afterEach, expect, test } from '@jest/globals'
import { JsonataEvaluator } from '../src/steps/jsonata-evaluator.ts'

const evaluators: JsonataEvaluator[] = []
afterEach(async () => {
  await Promise.all(evaluators.splice(0).map((one) => one.close()))
})

async function evaluator(expression: string, limitMs = 200): Promise<JsonataEvaluator> {
  const one = new JsonataEvaluator(expression, limitMs)
  evaluators.push(one)
  await one.start()
  return one
}

/** Runs for ever where `hang` is set. */
const hanging = '($f := function($n) { hang ? $f($n + 1) : n * 2 }; $f(0))'
const records = (from: number, to: number, hangs: readonly number[] = []) =>
  Array.from({ length: to - from }, (_, index) => ({ n: from + index, hang: hangs.includes(from + index) }))

test('batches handed in together keep their order and their places', async () => {
  const one = await evaluator('n * 2')
  const [first, second, third] = await Promise.all([
    one.evaluate(records(0, 3)),
    one.evaluate(records(3, 5)),
    one.evaluate([]),
  ])
  expect(first).toEqual([{ value: 0 }, { value: 2 }, { value: 4 }])
  expect(second).toEqual([{ value: 6 }, { value: 8 }])
  expect(third).toEqual([])
})

test('a record that runs for ever fails alone, in its own batch; the batches around it are done all the same', async () => {
  const one = await evaluator(hanging)
  const [before, bad, after] = await Promise.all([
    one.evaluate(records(0, 2)),
    one.evaluate(records(2, 6, [3, 5])),
    one.evaluate(records(6, 8)),
  ])
  expect(before).toEqual([{ value: 0 }, { value: 2 }])
  expect(bad).toEqual([
    { value: 4 },
    { failure: 'it ran for more than 200 ms' },
    { value: 8 },
    { failure: 'it ran for more than 200 ms' },
  ])
  expect(after).toEqual([{ value: 12 }, { value: 14 }])
})

test('what cannot be copied to the thread fails alone; the rest goes on', async () => {
  const one = await evaluator('n')
  const outcomes = await one.evaluate([{ n: () => 1 }, { n: 2 }])
  expect(outcomes[0]).toHaveProperty('failure')
  expect(outcomes[1]).toEqual({ value: 2 })
})
