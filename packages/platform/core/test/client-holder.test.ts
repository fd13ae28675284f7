import { describe, expect, test } from '@jest/globals'
import { connections } from '../src/index.ts'
import { ClientHolder } from '../src/runtime/client-holder.ts'

function holder(close: (client: object) => Promise<void> | void = () => undefined) {
  const opened: { signal: AbortSignal; resolve: (client: object) => void; reject: (error: Error) => void }[] = []
  const closed: object[] = []
  const one = new ClientHolder<object>(
    (signal) => new Promise((resolve, reject) => opened.push({ signal, resolve, reject })),
    (client) => {
      closed.push(client)
      return close(client)
    },
  )
  return { one, opened, closed }
}

describe('the holder of a client', () => {
  test('opens once for all who wait, and has it at hand from then on', async () => {
    const { one, opened } = holder()
    expect(one.current).toBeUndefined()
    const waiting = [one.get(), one.get(new AbortController().signal), one.get()]
    const client = {}
    opened[0]?.resolve(client)
    expect(await Promise.all(waiting)).toEqual([client, client, client])
    expect(one.current).toBe(client)
    expect(await one.get()).toBe(client)
    expect(opened).toHaveLength(1)
  })

  test('who gives up leaves the opening to the others', async () => {
    const { one, opened } = holder()
    const controller = new AbortController()
    const [impatient, patient] = [one.get(controller.signal), one.get()]
    controller.abort(new Error('no time'))
    await expect(impatient).rejects.toThrow('no time')
    await expect(one.get(AbortSignal.abort(new Error('never had any')))).rejects.toThrow('never had any')
    expect(opened[0]?.signal.aborted).toBe(false)
    opened[0]?.resolve({})
    await patient
    expect(opened).toHaveLength(1)
  })

  test('a failed opening is forgotten', async () => {
    const { one, opened } = holder()
    const first = one.get(new AbortController().signal)
    opened[0]?.reject(new Error('refused'))
    await expect(first).rejects.toThrow('refused')
    const second = one.get()
    opened[1]?.resolve({})
    await second
    expect(opened).toHaveLength(2)
  })

  test('closing waits for what runs, then closes once', async () => {
    const { one, opened, closed } = holder()
    const getting = one.get()
    opened[0]?.resolve({})
    await getting
    one.enter()
    one.enter()
    expect([one.inFlight, one.isClosed]).toEqual([2, false])
    const closing = one.close(10_000)
    expect(one.close(0)).toBe(closing)
    expect(one.isClosed).toBe(true)
    expect(() => one.enter()).toThrow(/The connection is closed/)
    one.leave()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect([closed.length, one.closing.aborted]).toEqual([0, false])
    one.leave()
    await closing
    expect([closed.length, one.closing.aborted, one.current]).toEqual([1, true, undefined])
    expect(one.closing.reason).toMatchObject({ code: 'cancelled' })
  })

  test('closing waits no longer than its drain time', async () => {
    const { one, opened, closed } = holder()
    const getting = one.get()
    opened[0]?.resolve({})
    await getting
    one.enter()
    await one.close(5)
    expect([closed.length, one.closing.aborted]).toEqual([1, true])
  })

  test('closing without a client closes none; an opening on its way is waited for', async () => {
    const none = holder()
    await none.one.close(0)
    expect(none.closed).toHaveLength(0)
    const late = holder()
    const getting = late.one.get()
    const closing = late.one.close(0)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(late.opened[0]?.signal.aborted).toBe(true)
    late.opened[0]?.resolve({})
    await Promise.all([getting, closing])
    expect(late.closed).toHaveLength(1)
    const failing = holder()
    const failed = failing.one.get().catch(() => 'failed')
    const ended = failing.one.close(0)
    failing.opened[0]?.reject(new Error('refused'))
    await ended
    expect([await failed, failing.closed.length]).toEqual(['failed', 0])
  })
})

describe('connections by name', () => {
  class Thing {
    closed = 0
    readonly #failing: boolean
    constructor(failing = false) {
      this.#failing = failing
    }
    async close(): Promise<void> {
      this.closed += 1
      if (this.#failing) throw new Error('will not close')
    }
  }

  test('a lease that comes back in time keeps the connection', async () => {
    const made: Thing[] = []
    const shared = connections(
      {
        thing: () => {
          made.push(new Thing())
          return made.at(-1) as Thing
        },
      },
      { idleMs: 20 },
    )
    expect(shared.names).toEqual(['thing'])
    const first = shared.acquire('thing')
    await first.release()
    const second = shared.acquire('thing')
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(made.map(({ closed }) => closed)).toEqual([0])
    await second[Symbol.asyncDispose]()
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(made.map(({ closed }) => closed)).toEqual([1])
    await shared.close()
    expect(made.map(({ closed }) => closed)).toEqual([1])
  })

  test('names are own names of the table', () => {
    const shared = connections({ thing: () => new Thing() })
    for (const name of ['toString', '__proto__', 'other'])
      expect(() => shared.acquire(name as 'thing')).toThrow(expect.objectContaining({ code: 'not_found' }))
  })

  test('all are closed, also where one fails to; that is told', async () => {
    const [good, bad] = [new Thing(), new Thing(true)]
    const shared = connections({ bad: () => bad, good: () => good, unused: () => new Thing() })
    shared.acquire('bad')
    const lease = shared.acquire('good')
    await expect(shared.close()).rejects.toThrow('will not close')
    await expect(shared.close()).rejects.toThrow('will not close')
    expect([good.closed, bad.closed]).toEqual([1, 1])
    await lease.release()
    expect(good.closed).toBe(1)
    await expect(shared.use('good', () => Promise.resolve(1))).rejects.toMatchObject({
      code: 'cancelled',
      applied: 'no',
      message: 'The connections are closed.',
    })
  })

  test('`use` gives the lease back, whatever happens; a failure to close an idle one bothers nobody', async () => {
    const bad = new Thing(true)
    await using shared = connections({ bad: () => bad }, { idleMs: 1 })
    expect(await shared.use('bad', (one) => Promise.resolve(one === bad))).toBe(true)
    await expect(shared.use('bad', () => Promise.reject(new Error('work failed')))).rejects.toThrow('work failed')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(bad.closed).toBe(1)
  })
})
