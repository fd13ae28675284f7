import type { Clock } from './clock.ts'

/** Something with at most one alarm set at a time; the fields belong to the ticker. */
export interface Alarm {
  /** Clock time of the alarm, ms; `undefined` until the ticker (or the owner) fixes it. */
  dueAt: number | undefined
  /** Fixes `dueAt` as of `now`. */
  fixDue(now: number): void
  ring(): void
  previousAlarm: Alarm | undefined
  nextAlarm: Alarm | undefined
  /** The list the alarm stands in. */
  alarmList: AlarmList | undefined
  /** A timer of its own, for alarms that are too short for the wheel. */
  ownTimer: unknown
}

class AlarmList {
  first: Alarm | undefined = undefined

  add(alarm: Alarm): void {
    const { first } = this
    alarm.nextAlarm = first
    if (first !== undefined) first.previousAlarm = alarm
    this.first = alarm
    alarm.alarmList = this
  }

  remove(alarm: Alarm): void {
    const { previousAlarm, nextAlarm } = alarm
    if (previousAlarm === undefined) this.first = nextAlarm
    else previousAlarm.nextAlarm = nextAlarm
    if (nextAlarm !== undefined) nextAlarm.previousAlarm = previousAlarm
    alarm.previousAlarm = undefined
    alarm.nextAlarm = undefined
    alarm.alarmList = undefined
  }
}

const tickMs = 20
const wheelSize = 256
const shortestOnWheelMs = 10 * tickMs

/**
 * One coarse clock and timer wheel for all calls of a pipeline, so that a call which ends soon costs neither a look at
 * the clock nor a timer: its alarm waits in `fresh`, and its time starts to count at the next tick. An alarm is thus up
 * to 20 ms late and never early. The ticker stops by itself when a tick finds nothing to do.
 */
export class Ticker {
  readonly clock: Clock
  #now = 0
  #timer: unknown = undefined
  #running = false
  #keepsAlive = false
  #used = false
  #alarms = 0
  #lastTick = 0
  readonly #fresh = new AlarmList()
  readonly #wheel: AlarmList[] = []
  readonly #onTick: () => void

  constructor(clock: Clock) {
    this.clock = clock
    this.#onTick = () => this.#tick()
  }

  /** The time of the last tick, ms: at most one tick (or one blocked event loop) old. */
  now(): number {
    this.#used = true
    if (!this.#running) this.#start(false)
    return this.#now
  }

  /** The exact time, ms. */
  exactNow(): number {
    return this.clock.now()
  }

  /** Sets the alarm to ring in `delayMs`, or at `alarm.dueAt` where the owner has fixed that already. */
  set(alarm: Alarm, delayMs: number): void {
    if (delayMs < shortestOnWheelMs) {
      if (alarm.dueAt === undefined) alarm.fixDue(this.clock.now())
      alarm.ownTimer = this.clock.setTimer(
        () => {
          alarm.ownTimer = undefined
          alarm.ring()
        },
        delayMs,
        true,
      )
      return
    }
    if (!this.#keepsAlive) this.#start(true)
    this.#alarms++
    this.#fresh.add(alarm)
  }

  clear(alarm: Alarm): void {
    if (alarm.alarmList !== undefined) {
      this.#alarms--
      alarm.alarmList.remove(alarm)
    } else if (alarm.ownTimer !== undefined) {
      this.clock.clearTimer(alarm.ownTimer)
      alarm.ownTimer = undefined
    }
  }

  #start(keepAlive: boolean): void {
    if (this.#running) this.clock.clearTimer(this.#timer)
    else {
      this.#running = true
      this.#now = this.clock.now()
      this.#lastTick = Math.floor(this.#now / tickMs)
    }
    this.#keepsAlive = keepAlive
    this.#timer = this.clock.setTimer(this.#onTick, tickMs, keepAlive)
  }

  #tick(): void {
    const now = this.clock.now()
    this.#now = now
    this.#placeFresh(now)
    this.#ringDue(now)
    if (this.#alarms === 0 && !this.#used) {
      this.#running = false
      this.#keepsAlive = false
      this.#timer = undefined
      return
    }
    this.#used = false
    this.#keepsAlive = this.#alarms > 0
    this.#timer = this.clock.setTimer(this.#onTick, tickMs, this.#keepsAlive)
  }

  #placeFresh(now: number): void {
    for (let alarm = this.#fresh.first; alarm !== undefined; alarm = this.#fresh.first) {
      this.#fresh.remove(alarm)
      if (alarm.dueAt === undefined) alarm.fixDue(now)
      // An alarm that is overdue goes into the slot that is looked at next, whatever its time.
      const slot = Math.max(Math.ceil((alarm.dueAt ?? now) / tickMs), this.#lastTick + 1) % wheelSize
      ;(this.#wheel[slot] ??= new AlarmList()).add(alarm)
    }
  }

  #ringDue(now: number): void {
    const thisTick = Math.floor(now / tickMs)
    // After a pause longer than the wheel every slot is due for a look, once.
    const from = Math.max(this.#lastTick + 1, thisTick - wheelSize + 1)
    for (let tick = from; tick <= thisTick; tick++) {
      const list = this.#wheel[tick % wheelSize]
      if (list?.first !== undefined) this.#ringIn(list, now)
    }
    this.#lastTick = thisTick
  }

  #ringIn(list: AlarmList, now: number): void {
    const due: Alarm[] = []
    for (let alarm = list.first; alarm !== undefined; alarm = alarm.nextAlarm) if (alarm.dueAt! <= now) due.push(alarm)
    for (const alarm of due) {
      // Ringing one may have cleared another.
      if (alarm.alarmList !== list) continue
      this.#alarms--
      list.remove(alarm)
      alarm.ring()
    }
  }
}
