import { ConnectorError, type Handler, type Subscription } from '@casare/core'
import { ensure, isNotApplicable, within, type Check, type CheckOutcome } from '../checks/check.ts'
import type { ListenSubject } from '../subject/connector-subject.ts'
import type { Trial } from '../subject/trial.ts'
import { until } from './lifecycle-checks.ts'
import { trialCheck, type SuiteContext } from './suite-context.ts'

/** Listening: each event is handled until it is acknowledged, through lost connections and silence. */
export function listenChecks(context: SuiteContext, stream: string, subject: ListenSubject): Check[] {
  const check = (name: string, run: (trial: Trial) => Promise<CheckOutcome>): Check =>
    trialCheck(context, 'listeners', `${stream}: ${name}`, run)
  const listen = (trial: Trial, handler: Handler<unknown>): Subscription => {
    const subscription = trial.connect().$.listen(stream, subject.input, handler)
    trial.onEnd(() => subscription.stop({ drainMs: 100 }))
    return subscription
  }
  const { unacknowledged, patienceMs = 3_000 } = subject
  /** What a system holds that holds nothing: exactly what would pass. */
  const held = async (trial: Trial, otherwise: number): Promise<number> =>
    isNotApplicable(unacknowledged) ? otherwise : unacknowledged(trial.target)
  const eventually = (holds: () => Promise<boolean>, complaint: string): Promise<void> =>
    waitFor(holds, complaint, patienceMs)
  const emptied = (trial: Trial, what: string): Promise<void> =>
    eventually(async () => (await held(trial, 0)) === 0, what)
  /** Who listens at most once misses what is sent meanwhile: it is sent until it arrives. */
  const arrives = (send: () => Promise<unknown>, holds: () => boolean, complaint: string): Promise<void> =>
    eventually(async () => {
      if (!holds()) await send()
      return holds()
    }, complaint)

  return [
    check('what was handled is acknowledged, after the handler is done', async (trial) => {
      const seen: number[] = []
      let heldInHandler = 0
      const subscription = listen(trial, async (event) => {
        heldInHandler += Math.min(1, await held(trial, 1))
        seen.push(subject.numberOf(event))
      })
      await within(subscription.ready, 5_000, 'ready')
      await subject.send(trial.target, [1, 2, 3])
      await until(
        () => seen.length >= 3,
        () => `${seen.length} of 3 events arrived`,
      )
      await emptied(trial, 'events that were handled were not acknowledged')
      ensure(heldInHandler === 3, 'an event was acknowledged before its handler was done')
      ensure(seen.length === 3, `3 events were delivered ${seen.length} times`)
      await subscription.stop()
      ensure(subscription.stats.acknowledged === 3, 'stats.acknowledged is wrong')
      return 3
    }),
    check('what the handler gives back is delivered again', async (trial) => {
      let times = 0
      const subscription = listen(trial, () => {
        times += 1
        if (times === 1)
          return Promise.reject(
            new ConnectorError({ code: 'unavailable', message: 'Not now.', retryAfterMs: 1, applied: 'no' }),
          )
        return Promise.resolve()
      })
      await within(subscription.ready, 5_000, 'ready')
      await subject.send(trial.target, [1])
      await until(
        () => times >= 2,
        () => 'an event that was given back was not delivered again',
      )
      await emptied(trial, 'the second delivery was not acknowledged')
      return 1
    }),
    check('what can never be handled is put aside', async (trial) => {
      const { deadLettered } = subject
      if (isNotApplicable(deadLettered)) return deadLettered
      let times = 0
      const subscription = listen(trial, () => {
        times += 1
        return Promise.reject(new ConnectorError({ code: 'invalid_input', message: 'Never.' }))
      })
      await within(subscription.ready, 5_000, 'ready')
      await subject.send(trial.target, [1])
      await eventually(async () => (await deadLettered(trial.target)) === 1, 'no dead letter')
      ensure(times === 1, `poison was delivered ${times} times`)
      return 1
    }),
    check('after a lost connection it listens again, and loses nothing', async (trial) => {
      const seen = new Set<number>()
      const subscription = listen(trial, async (event) => void seen.add(subject.numberOf(event)))
      await within(subscription.ready, 5_000, 'ready')
      await subject.send(trial.target, [1])
      await until(
        () => seen.has(1),
        () => 'the first event did not arrive',
      )
      await subject.disconnect(trial.target)
      if (isNotApplicable(unacknowledged)) {
        await arrives(
          () => subject.send(trial.target, [2]),
          () => seen.has(2),
          'it does not listen again',
        )
        return 1
      }
      await subject.send(trial.target, [2, 3])
      await eventually(async () => seen.has(2) && seen.has(3), 'events were lost with the connection')
      await emptied(trial, 'events after the reconnect were not acknowledged')
      return 3
    }),
    check('silence is noticed by the heartbeat', async (trial) => {
      const { silence } = subject
      if (isNotApplicable(silence)) return silence
      const seen = new Set<number>()
      const subscription = listen(trial, async (event) => void seen.add(subject.numberOf(event)))
      await within(subscription.ready, 5_000, 'ready')
      await silence(trial.target)
      const complaint = 'a connection that fell silent was not restarted'
      if (isNotApplicable(unacknowledged)) {
        await arrives(
          () => subject.send(trial.target, [7]),
          () => seen.has(7),
          complaint,
        )
        return 1
      }
      await subject.send(trial.target, [7])
      await eventually(async () => seen.has(7), complaint)
      return 1
    }),
    check('stop lets the handler finish, and takes no more', async (trial) => {
      const release = Promise.withResolvers<void>()
      let started = 0
      let finished = 0
      const subscription = listen(trial, async () => {
        started += 1
        await release.promise
        finished += 1
      })
      await within(subscription.ready, 5_000, 'ready')
      await subject.send(trial.target, [1, 2])
      await until(
        () => started === 1,
        () => `${started} handlers run at a concurrency of 1`,
      )
      const stopping = subscription.stop()
      release.resolve()
      await within(stopping, 5_000, 'stop')
      ensure(finished === 1 && started === 1, `${started} handlers started, ${finished} finished`)
      await eventually(async () => (await held(trial, 1)) === 1, 'stop lost or kept an acknowledgement')
      return 2
    }),
  ]
}

async function waitFor(holds: () => Promise<boolean>, complaint: string, patienceMs: number): Promise<void> {
  for (const end = performance.now() + patienceMs; performance.now() < end;) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(complaint)
}
