import { checkNumber, maxTimerMs } from './check-option.ts'
import type { ExecuteOptions } from './pipeline-types.ts'
import type { Alarm, Ticker } from './ticker.ts'

const never = Number.POSITIVE_INFINITY

/** The limits of time of a call, and the one alarm for whichever of them ends first. */
export abstract class Timed implements Alarm {
  dueAt: number | undefined = undefined
  previousAlarm: Alarm | undefined = undefined
  nextAlarm: Alarm | undefined = undefined
  alarmList: Alarm['alarmList'] = undefined
  ownTimer: unknown = undefined
  /** 0 for none, as below: an `Infinity` would make the fields costlier. */
  protected deadlineMs: number
  protected attemptTimeoutMs: number
  /** Clock time, ms; `undefined` until it is fixed, which is put off as long as nobody needs it. */
  protected deadlineAt: number | undefined = undefined
  /** The running attempt began with less than half of its time left: that it was cut off says little of the target. */
  protected shortOfTime = false
  protected readonly ticker: Ticker

  constructor(ticker: Ticker, deadlineMs: number, attemptTimeoutMs: number, options: ExecuteOptions | undefined) {
    this.ticker = ticker
    this.deadlineMs = deadlineMs
    this.attemptTimeoutMs = attemptTimeoutMs
    if (options === undefined) return
    const rule = { unit: 'milliseconds', min: 1, max: maxTimerMs }
    this.deadlineMs = checkNumber('timeoutMs', options.timeoutMs, deadlineMs, rule)
    this.attemptTimeoutMs = checkNumber('attemptTimeoutMs', options.attemptTimeoutMs, attemptTimeoutMs, rule)
  }

  abstract ring(): void

  get hasTimeLimit(): boolean {
    return this.deadlineMs !== 0 || this.attemptTimeoutMs !== 0
  }

  exactNow(): number {
    return this.ticker.exactNow()
  }

  /** When the running attempt will be cut off, clock ms; `Infinity` for never. */
  attemptDueAt(): number {
    if (!this.hasTimeLimit) return never
    if (this.dueAt === undefined) this.fixDue(this.exactNow())
    return this.dueAt ?? never
  }

  fixDue(now: number): void {
    this.dueAt = this.#earlier(now, this.attemptTimeoutMs)
  }

  /** The deadline on the clock, ms, which is fixed by the first who asks; `Infinity` for none. */
  protected fixDeadline(now: number): number {
    return (this.deadlineAt ??= this.deadlineMs === 0 ? never : now + this.deadlineMs)
  }

  /** A call that waits has nothing but its deadline to end the wait. */
  protected armDeadline(): void {
    if (this.deadlineMs !== 0 && this.alarmList === undefined && this.ownTimer === undefined) this.#arm(0)
  }

  /** Sets the alarm for the attempt that starts now. */
  protected armAttempt(isFirst: boolean): void {
    if (!this.hasTimeLimit) return
    // A call that did not wait needs no look at the clock: its time counts from the next tick.
    if (isFirst && this.dueAt === undefined) {
      this.ticker.set(this, this.#shortestMs())
      return
    }
    this.ticker.clear(this)
    const now = this.#arm(this.attemptTimeoutMs)
    this.shortOfTime = (this.deadlineAt ?? never) - now < this.#shortestMs() / 2
  }

  #arm(attemptTimeoutMs: number): number {
    const now = this.exactNow()
    this.dueAt = this.#earlier(now, attemptTimeoutMs)
    this.ticker.set(this, Math.max(0, this.dueAt - now))
    return now
  }

  #earlier(now: number, attemptTimeoutMs: number): number {
    return Math.min(this.fixDeadline(now), attemptTimeoutMs === 0 ? never : now + attemptTimeoutMs)
  }

  #shortestMs(): number {
    if (this.deadlineMs === 0) return this.attemptTimeoutMs
    return this.attemptTimeoutMs === 0 ? this.deadlineMs : Math.min(this.deadlineMs, this.attemptTimeoutMs)
  }
}
