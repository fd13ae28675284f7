/**
 * Defects of well-known resilience libraries, each as a case that any library can be put to: here the tests run them
 * against this package, and `npm run bench -- resilience` against the libraries themselves.
 */

/** Runs a function under some policy. */
export type Run = <T>(fn: (signal?: AbortSignal) => Promise<T>, signal?: AbortSignal) => Promise<T>

/** A library, as far as it has what a case is about. Any error counts as a failure that may be repeated. */
export interface Subject {
  retry?(options: { attempts: number; waitMs: number }): Run
  /** A fixed number of slots and a queue. */
  bulkhead?(options: { capacity: number; queue: number }): Run
  /** A breaker that opens where everything fails and probes again after `openMs` at the latest. */
  breaker?(options: { openMs: number }): Run
  /** A breaker that counts over a window of time. */
  windowBreaker?(options: { windowMs: number }): Run
  /** A breaker as the library makes it when nothing is said. */
  defaultBreaker?(): Run
  /** A breaker around a bulkhead without a queue, as one. */
  breakerWithBulkhead?(options: { capacity: number }): Run
  timeout?(options: { timeoutMs: number }): Run
  /** A number of slots, with a time-out that the caller notices whatever the operation does. */
  slotsWithTimeout?(options: { capacity: number; timeoutMs: number }): Run
  /** Sends a POST as a client with retries does; `send` is one request on the wire. */
  post?(send: () => Promise<never>): Promise<unknown>
}

/** Time as the case moves it. */
export interface Time {
  advance(ms: number): Promise<void>
}

/** One defect. */
export interface DefectCase {
  /** What holds where the defect is absent. */
  readonly name: string
  /** The library that it was seen in. */
  readonly seenIn: string
  /** What the case needs of a subject. */
  readonly needs: keyof Subject
  /** Answers what is wrong, or nothing. */
  run(subject: Required<Subject>, time: Time): Promise<string | undefined>
}

const fails = async (): Promise<never> => {
  throw Object.assign(new Error('the target failed'), { code: 'ECONNRESET' })
}
const works = async (): Promise<string> => 'ok'

function quietly<T>(promise: Promise<T>): Promise<T | undefined> {
  return promise.catch(() => undefined)
}

/** Calls that run until they are told to end. */
function held(): { run: () => Promise<string>; end(): void; fail(): void; running(): number } {
  const settlers: { resolve(value: string): void; reject(error: Error): void }[] = []
  let running = 0
  return {
    run: () =>
      new Promise<string>((resolve, reject) => {
        running++
        settlers.push({
          resolve: (value) => {
            running--
            resolve(value)
          },
          reject: (error) => {
            running--
            reject(error)
          },
        })
      }),
    end: () => settlers.shift()?.resolve('ok'),
    fail: () => settlers.shift()?.reject(new Error('the target failed')),
    running: () => running,
  }
}

async function breakIt(run: Run, time: Time): Promise<void> {
  for (let call = 0; call < 20; call++) await quietly(run(fails))
  await time.advance(1)
}

async function isOpen(run: Run): Promise<boolean> {
  let ran = false
  await quietly(
    run(async () => {
      ran = true
      return 'ok'
    }),
  )
  return !ran
}

export const defectCases: readonly DefectCase[] = [
  {
    name: 'an abort during back-off ends the call at once and the function is not run again',
    seenIn: 'cockatiel',
    needs: 'retry',
    async run(subject, time) {
      const run = subject.retry({ attempts: 4, waitMs: 1_000 })
      const controller = new AbortController()
      let runs = 0
      let ended = false
      const call = run(() => {
        runs++
        return fails()
      }, controller.signal).catch(() => (ended = true))
      await time.advance(0)
      controller.abort()
      await time.advance(0)
      if (!ended) {
        await time.advance(60_000)
        await call
        return `still waiting after the abort, then run ${runs} times`
      }
      await time.advance(60_000)
      return runs === 1 ? undefined : `run ${runs} times`
    },
  },
  {
    name: 'a call that was let into the queue of a bulkhead is not rejected for want of room later',
    seenIn: 'cockatiel',
    needs: 'bulkhead',
    async run(subject, time) {
      const run = subject.bulkhead({ capacity: 1, queue: 1 })
      const { run: hold, end } = held()
      const first = run(hold)
      let queued = 'waiting'
      run(works).then(
        () => (queued = 'ran'),
        () => (queued = 'rejected'),
      )
      await time.advance(0)
      end()
      // Others arrive in the very turns in which the slot changes hands.
      for (let turn = 0; turn < 8; turn++) {
        for (let call = 0; call < 2; call++) void quietly(run(hold))
        await Promise.resolve()
      }
      await first
      for (let turn = 0; turn < 20; turn++) {
        end()
        await time.advance(0)
      }
      return queued === 'ran' ? undefined : `the queued call was ${queued}`
    },
  },
  {
    name: 'failures that lie minutes back do not open the breaker',
    seenIn: 'cockatiel',
    needs: 'windowBreaker',
    async run(subject, time) {
      const run = subject.windowBreaker({ windowMs: 5_000 })
      for (let call = 0; call < 7; call++) await quietly(run(fails))
      await time.advance(10 * 60_000)
      await quietly(run(fails))
      return (await isOpen(run)) ? 'open after one failure in ten minutes' : undefined
    },
  },
  {
    name: 'the signal of a call that succeeded is not aborted, so that its body can be read',
    seenIn: 'cockatiel',
    needs: 'timeout',
    async run(subject, time) {
      const run = subject.timeout({ timeoutMs: 1_000 })
      const signal = await run(async (given) => given)
      await time.advance(5_000)
      return signal?.aborted === true ? 'aborted' : undefined
    },
  },
  {
    name: 'of 1,000 callers at a half-open breaker one gets through, and the others are not let loose when it is done',
    seenIn: 'cockatiel',
    needs: 'breaker',
    async run(subject, time) {
      const run = subject.breaker({ openMs: 1_000 })
      await breakIt(run, time)
      await time.advance(1_100)
      const { run: hold, end, running } = held()
      for (let call = 0; call < 1_000; call++) void quietly(run(hold))
      await time.advance(0)
      if (running() !== 1) return `${running()} ran at once in half-open`
      end()
      await time.advance(10)
      return running() === 0 ? undefined : `${running()} were released at once`
    },
  },
  {
    name: 'a failure of a call from before the break does not open a recovered breaker again',
    seenIn: 'cockatiel',
    needs: 'breaker',
    async run(subject, time) {
      const run = subject.breaker({ openMs: 1_000 })
      const { run: hold, fail } = held()
      for (let call = 0; call < 20; call++) void quietly(run(hold))
      await breakIt(run, time)
      await time.advance(1_100)
      await quietly(run(works))
      if (await isOpen(run)) return 'did not recover'
      for (let call = 0; call < 20; call++) fail()
      await time.advance(10)
      return (await isOpen(run)) ? 'open again' : undefined
    },
  },
  {
    name: 'one failure does not open a breaker that nobody configured',
    seenIn: 'opossum',
    needs: 'defaultBreaker',
    async run(subject) {
      const run = subject.defaultBreaker()
      await quietly(run(fails))
      return (await isOpen(run)) ? 'open after one failure' : undefined
    },
  },
  {
    name: 'rejections for want of a slot are not failures of the target',
    seenIn: 'opossum',
    needs: 'breakerWithBulkhead',
    async run(subject, time) {
      const run = subject.breakerWithBulkhead({ capacity: 1 })
      const { run: hold, end } = held()
      const first = run(hold)
      for (let call = 0; call < 50; call++) await quietly(run(works))
      end()
      await first
      await time.advance(1)
      return (await isOpen(run)) ? 'opened by its own rejections' : undefined
    },
  },
  {
    name: "a call's time-out does not abort its neighbours",
    seenIn: 'opossum',
    needs: 'timeout',
    async run(subject, time) {
      const run = subject.timeout({ timeoutMs: 1_000 })
      const signals: (AbortSignal | undefined)[] = []
      const hang = (signal?: AbortSignal): Promise<never> => {
        signals.push(signal)
        return new Promise(() => undefined)
      }
      const first = quietly(run(hang))
      await time.advance(900)
      const second = quietly(run(hang))
      await time.advance(200)
      const [own, neighbour] = signals
      const complaint =
        neighbour?.aborted === true && own?.aborted === true ? 'the neighbour was aborted too' : undefined
      await time.advance(2_000)
      await Promise.all([first, second])
      return complaint
    },
  },
  {
    name: 'a success of a call from before the break does not close the breaker',
    seenIn: 'opossum',
    needs: 'breaker',
    async run(subject, time) {
      const run = subject.breaker({ openMs: 1_000 })
      const { run: hold, end } = held()
      const early = run(hold)
      await breakIt(run, time)
      if (!(await isOpen(run))) return 'did not open'
      await time.advance(1_100)
      // The probe is under way and has not answered.
      void quietly(run(hold))
      await time.advance(1)
      end()
      await early
      await time.advance(1)
      let ran = false
      void quietly(run(async () => (ran = true)))
      await time.advance(1)
      return ran ? 'closed before its probe had answered' : undefined
    },
  },
  {
    name: 'a capacity of 2 lets 2 run, also when callers have timed out',
    seenIn: 'opossum',
    needs: 'slotsWithTimeout',
    async run(subject, time) {
      const run = subject.slotsWithTimeout({ capacity: 2, timeoutMs: 100 })
      const { run: hold, running } = held()
      let most = 0
      for (let turn = 0; turn < 5; turn++) {
        for (let call = 0; call < 2; call++) void quietly(run(hold))
        await time.advance(150)
        most = Math.max(most, running())
      }
      return most <= 2 ? undefined : `${most} ran at once`
    },
  },
  {
    name: 'a POST whose connection broke is sent once',
    seenIn: 'axios-retry',
    needs: 'post',
    async run(subject, time) {
      let sent = 0
      const call = quietly(
        subject.post(() => {
          sent++
          return fails()
        }),
      )
      await time.advance(60_000)
      await call
      return sent === 1 ? undefined : `sent ${sent} times`
    },
  },
  {
    name: 'a call that timed out in the queue never runs',
    seenIn: 'p-timeout + p-limit',
    needs: 'slotsWithTimeout',
    async run(subject, time) {
      const run = subject.slotsWithTimeout({ capacity: 1, timeoutMs: 100 })
      const { run: hold, end } = held()
      void quietly(run(hold))
      let ran = false
      const queued = quietly(
        run(async () => {
          ran = true
        }),
      )
      await time.advance(200)
      end()
      await time.advance(200)
      await queued
      return ran ? 'ran although its caller had been told that it did not' : undefined
    },
  },
]
